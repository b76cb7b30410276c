import type { Options } from 'yargs'
import { backend, cloud, json, type Verb } from './verb.ts'

const family: Options = {
  type: 'string',
  array: true,
  nargs: 1,
  describe: 'Name of the family; for several, repeat the option or separate the names by commas',
}

/** `bake`. */
export const bake: Verb = {
  command: 'bake',
  describe: 'Build an image of each family, test it on a freshly booted machine, and promote it if all tests pass',
  positionals: {},
  options: {
    family,
    all: { type: 'boolean', default: false, describe: 'Build all families of the project' },
    'image-version': {
      type: 'string',
      describe: 'Version of the new image, YYYY.MM.DD or YYYY.MM.DD-n  [default: the next free version of today]',
      requiresArg: true,
    },
    cloud,
    keep: {
      choices: ['never', 'failed', 'always'],
      default: 'never',
      describe: 'Keep temporary machines and images: never, failed (after a failure, for inspection), always',
      requiresArg: true,
    },
    'dry-run': { type: 'boolean', default: false, describe: 'List what would be created, and create nothing' },
    'if-changed': {
      type: 'boolean',
      default: false,
      describe: 'Build only if the inputs changed since the latest good image; otherwise exit with code 7',
    },
    prove: {
      type: 'boolean',
      default: false,
      describe: 'Also run the suites on the unconfigured base image, and name those that pass there: they test nothing',
    },
    parallel: {
      type: 'string',
      describe: 'Number of families to build in parallel  [default: as many as CPUs and memory allow]',
      requiresArg: true,
    },
    backend,
    json,
  },
  examples: [
    ['--family linux-base', 'build one family'],
    ['--all --if-changed', 'build what changed, parent families first'],
    ['--family linux-web --keep failed', 'keep the machine if a test fails, and print how to log in'],
    ['--family linux-web --dry-run', 'list what would be created'],
  ],
  run: async (args) => (await import('./bake-verb.ts')).runBake(args as never),
}

/** `plan`. */
export const plan: Verb = {
  command: 'plan',
  describe: 'List which families need a build, and why; parent families first. Creates nothing',
  positionals: {},
  options: {
    family: { ...family, describe: `${family.describe}  [default: all families]` },
    cloud,
    backend,
    json,
  },
  examples: [
    ['plan', 'all families of the project'],
    ['plan --family linux-base,linux-web --json', 'two of them, as JSON'],
  ],
  run: async (args) => (await import('./plan-verb.ts')).runPlan(args as never),
}
