import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openEngine } from '../src/bakehouse.ts'
import { run, runTool } from '../src/core/exec.ts'
import { sourceFolder } from '../src/core/paths.ts'
import { type BenchRequest, interleave, renderConditions, timed } from './measure.ts'
import { bakeReference, makeReferenceProject, type Project } from './reference-project.ts'
import { growHome } from './seed-home.ts'

const sizes = [1, 10, 100, 1000]
const family = 'reference'

type Environment = Readonly<Record<string, string>>

/** A part of a build, or a verb, that could become slower with the number of earlier builds. */
interface Part {
  readonly name: string
  /** Whether every build has this part. Only these parts count in the ratio. */
  readonly ofBake: boolean
  run(env: Environment): Promise<unknown>
}

/** Compares the 1st with the 1,000th build of a project. It runs one build and copies its files, as if there had been many builds. */
export async function main({ rounds = 5 }: BenchRequest): Promise<void> {
  const rows = new Map<string, number[]>()
  const projects = sizes.map(makeReferenceProject)
  try {
    await fill(projects)
    for (const part of parts) {
      const contenders = projects.map(({ env }, index) => ({
        name: `${sizes[index]} builds: ${part.name}`,
        run: () => timed(() => part.run(env)),
      }))
      rows.set(
        part.name,
        (await interleave(contenders, rounds)).map((each) => each.median),
      )
    }
    const files = countFiles(join(projects.at(-1)?.home ?? '', 'state'))
    process.stdout.write(`${renderGrowth(rows)}\n\n${await renderConditions()}; ${files} files in the state of the last\n\n`)
    process.stdout.write(`ratio growth-1000-over-1: ${ratioOf(rows).toFixed(2)}\n`)
  } finally {
    for (const project of projects) project.remove()
  }
}

/** Builds in the first project, and fills the other projects as if they had as many builds as their size. */
async function fill(projects: readonly Project[]): Promise<void> {
  const [first, ...others] = projects
  if (!first) return
  process.stderr.write('the first build …\n')
  const { version } = await bakeReference(first.env)
  for (const [index, { home }] of others.entries()) {
    // Hard links instead of copies, because the disk image is large. Files are replaced when they are written, so links are safe.
    await runTool('cp', ['-alf', `${first.home}/.`, home])
    growHome({ home, family, version }, { from: 1, to: sizes[index + 1] ?? 1 })
  }
}

function verb(...words: string[]): Part['run'] {
  return (env) => run(process.execPath, [join(sourceFolder(), 'bake.ts'), ...words], { env })
}

const { signal } = new AbortController()
let made = 0

const parts: readonly Part[] = [
  { name: 'bake --if-changed, nothing changed', ofBake: true, run: (env) => bakeReference(env, ['--if-changed']) },
  {
    name: 'bake --dry-run: resolve, a build stack made, previewed, removed',
    ofBake: true,
    run: (env) => bakeReference(env, ['--dry-run']),
  },
  {
    name: 'a build stack made, updated, read, removed',
    ofBake: true,
    async run(env) {
      Object.assign(process.env, env)
      const stack = await (await openEngine()).openStack(`${family}-2024.01.01-${++made + 1}`)
      await stack.up(async () => ({ made }), { message: 'bench', signal })
      await stack.read()
      await stack.destroy({ message: 'bench', signal })
      await stack.remove()
    },
  },
  {
    name: 'promote: an update of the family stack',
    ofBake: true,
    async run(env) {
      Object.assign(process.env, env)
      const stack = await (await openEngine()).knownStack(family)
      const { outputs } = await stack.read()
      await stack.up(async () => ({ ...outputs }), { message: 'bench', signal })
    },
  },
  { name: 'history', ofBake: false, run: verb('history') },
  { name: 'show', ofBake: false, run: verb('show', family) },
  { name: 'reap --dry-run', ofBake: false, run: verb('reap', '--dry-run') },
]

function renderGrowth(rows: ReadonlyMap<string, readonly number[]>): string {
  const head = [`| median s at so many builds | ${sizes.join(' | ')} | ratio |`, `| --- |${' ---: |'.repeat(sizes.length + 1)}`]
  const lines = parts.map(({ name }) => {
    const seconds = rows.get(name) ?? []
    return `| ${name} | ${seconds.map((each) => each.toFixed(2)).join(' | ')} | ${((seconds.at(-1) ?? 0) / (seconds[0] ?? 1)).toFixed(2)} |`
  })
  return [...head, ...lines].join('\n')
}

/** The time of all parts of a build at the last size, divided by the time at the first size. */
function ratioOf(rows: ReadonlyMap<string, readonly number[]>): number {
  const total = (index: number): number =>
    parts.filter(({ ofBake }) => ofBake).reduce((sum, { name }) => sum + (rows.get(name)?.at(index) ?? 0), 0)
  return total(-1) / total(0)
}

function countFiles(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
}
