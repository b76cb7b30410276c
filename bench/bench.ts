import { defined } from '../src/core/defined.ts'
import { parseCount } from '../src/core/parse-count.ts'
import { runSmallProgram } from '../src/core/small-program.ts'
import type { BenchRequest } from './measure.ts'

interface Bench {
  readonly describe: string
  readonly load: () => Promise<{ main(asked: BenchRequest): Promise<void> }>
}

/** The benchmarks, one file each. Each prints a Markdown table, and then its ratios. */
const benches: Readonly<Record<string, Bench>> = {
  peer: { describe: 'a whole build, compared with Packer', load: () => import('./peer.ts') },
  where: { describe: 'how long each phase takes, and the own overhead of Bakehouse', load: () => import('./where.ts') },
  start: { describe: 'how long the command line takes to start', load: () => import('./start.ts') },
  history: { describe: 'how long 1,000 builds in a shared state take to list', load: () => import('./history.ts') },
  install: { describe: 'how long npm install takes, and its size on disk', load: () => import('./install.ts') },
  noop: { describe: 'a build and a set-up with nothing to do', load: () => import('./noop.ts') },
  boot: { describe: 'time from start to login: cold boot and VM snapshot', load: () => import('./boot.ts') },
  walls: { describe: 'what the boundaries around a guest cost', load: () => import('./walls.ts') },
  release: { describe: 'a whole bake on each Debian release', load: () => import('./release.ts') },
  many: { describe: 'many families in parallel, compared with one', load: () => import('./many.ts') },
  growth: { describe: 'how long a build takes after 1, 10, 100 and 1,000 builds', load: () => import('./growth.ts') },
  memory: { describe: 'peak memory of a build', load: () => import('./memory.ts') },
  disk: { describe: 'disk space after each phase, and of the promoted image', load: () => import('./disk.ts') },
}

process.exitCode = await runSmallProgram(
  {
    command: 'npm run bench --',
    describe: 'Runs a benchmark and prints a Markdown table, the machine and versions that it ran with, and its ratios.',
    words: [
      {
        name: 'benchmark',
        describe: 'what to measure:',
        choices: Object.fromEntries(Object.entries(benches).map(([name, { describe }]) => [name, describe])),
      },
      { name: 'rounds', isOptional: true, describe: 'number of rounds, as --rounds' },
    ],
    options: {
      rounds: { value: '<number>', describe: 'How often each contender runs  [default: 3 to 7, depending on the benchmark]' },
      families: { value: '<number>', describe: 'many, memory: number of families  [default: 20]' },
      parallel: { value: '<number>', describe: 'many, memory: number of families to build in parallel  [default: as bake]' },
    },
    examples: [
      ['start', 'measure the start of the command line'],
      ['peer 5', 'compare with Packer, in 5 rounds'],
    ],
    run: async ({ words: [name = '', rounds], options }) => {
      const given = { ...defined({ rounds }), ...options }
      const asked = Object.fromEntries(Object.entries(given).map(([option, text]) => [option, parseCount(`--${option}`, text)]))
      await (await benches[name]?.load())?.main(asked)
      return 0
    },
  },
  process.argv.slice(2),
)
