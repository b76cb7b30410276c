import type { Options, PositionalOptions } from 'yargs'
import { completionLine } from '../core/program.ts'

/** One verb of the command line, described without loading what it does. */
export interface Verb {
  /** Its name and positionals, as yargs writes them. */
  readonly command: string
  readonly describe: string
  readonly options: Readonly<Record<string, Options>>
  readonly positionals: Readonly<Record<string, PositionalOptions>>
  readonly examples: readonly (readonly [string, string])[]
  /** The exit code. */
  readonly run: (args: Readonly<Record<string, unknown>>) => Promise<number>
}

const json: Options = { type: 'boolean', default: false, describe: 'Print JSON on stdout, and nothing else' }
const backend: Options = { type: 'string', describe: 'State backend: a URL such as s3://…, gs://…, azblob://…', requiresArg: true }
const cloud: Options = { type: 'string', describe: "The cloud, in place of the family's own", requiresArg: true }

const bake: Verb = {
  command: 'bake',
  describe: 'Bake an image of each family, test it from the inside, promote it when it passes',
  positionals: {},
  options: {
    family: { type: 'string', array: true, nargs: 1, describe: 'The family; repeat it, or separate by commas, for several' },
    version: {
      type: 'string',
      describe: 'Version of the image, YYYY.MM.DD or YYYY.MM.DD-n  [default: today, the next free one]',
      requiresArg: true,
    },
    cloud,
    keep: {
      choices: ['never', 'failed', 'always'],
      default: 'never',
      describe: 'Whether the temporaries stay for a look',
      requiresArg: true,
    },
    'dry-run': { type: 'boolean', default: false, describe: 'Preview: say what would be made, make nothing' },
    'if-changed': { type: 'boolean', default: false, describe: 'Exit 7 when the latest good image has the same inputs' },
    prove: { type: 'boolean', default: false, describe: 'Name the suites that pass on the unconfigured base too' },
    parallel: { type: 'string', describe: 'How many families at once  [default: by processors and memory]', requiresArg: true },
    backend,
    json,
  },
  examples: [
    ['--family linux-base', 'bake one family'],
    ['--family linux-base,linux-web --if-changed', 'bake what changed, bases first'],
    ['--family linux-web --keep failed', 'keep the machine of a failed test for a look'],
    ['--family linux-web --dry-run', 'say what would be made'],
  ],
  run: async (args) => (await import('./bake-verb.ts')).runBake(args as never),
}

const history: Verb = {
  command: 'history [family]',
  describe: 'List the builds of a family, or of all, newest first',
  positionals: { family: { type: 'string', describe: 'The family' } },
  options: { limit: { type: 'string', describe: 'At most so many  [default: 20; 0 for all]', requiresArg: true }, json },
  examples: [
    ['history', 'the latest builds'],
    ['history linux-base --limit 0', 'every build of one family'],
  ],
  run: async (args) => (await import('./history-verb.ts')).runHistory(args as never),
}

const show: Verb = {
  command: 'show <family> [version]',
  describe: 'Show one build: phases, suites, where its files are',
  positionals: {
    family: { type: 'string', describe: 'The family' },
    version: { type: 'string', describe: 'The version  [default: the newest build]' },
  },
  options: { json },
  examples: [
    ['show linux-base', 'the newest build'],
    ['show linux-base 2026.11.23-2', 'one build'],
  ],
  run: async (args) => (await import('./show-verb.ts')).runShow(args as never),
}

const doctor: Verb = {
  command: 'doctor',
  describe: 'Check tools, families and the state of this project',
  positionals: {},
  options: { json },
  examples: [['doctor', 'what is there, what is missing and how to get it']],
  run: async (args) => (await import('./doctor-verb.ts')).runDoctor(args as never),
}

const init: Verb = {
  command: 'init <family>',
  describe: 'Make a new family that bakes as it is',
  positionals: { family: { type: 'string', describe: 'Its name: lower-case letters, digits and dashes' } },
  options: { base: { type: 'string', describe: 'Start from the latest good image of this family', requiresArg: true }, json },
  examples: [
    ['init linux-db', 'a new family on plain Debian'],
    ['init linux-db --base linux-base', 'a new family on top of another'],
  ],
  run: async (args) => (await import('./init-verb.ts')).runInit(args as never),
}

const reap: Verb = {
  command: 'reap',
  describe: 'Remove what builds that were killed have left behind; never a promoted image',
  positionals: {},
  options: {
    'dry-run': { type: 'boolean', default: false, describe: 'Only say what would be removed' },
    kept: { type: 'boolean', default: false, describe: 'End what --keep kept for a look as well, before its time' },
    family: { type: 'string', describe: "Only this family's leftovers", requiresArg: true },
    cloud: { ...cloud, describe: 'Only this cloud' },
    backend,
    json,
  },
  examples: [
    ['reap --dry-run', 'what is left over'],
    ['reap', 'remove it'],
    ['reap --kept --family linux-web', 'the look at a kept machine is over'],
  ],
  run: async (args) => (await import('./reap-verb.ts')).runReap(args as never),
}

const consumers: Verb = {
  command: 'consumers <family>',
  describe: 'Name the groups, launch templates and instances that use a family, and which of them lag behind',
  positionals: { family: { type: 'string', describe: 'The family' } },
  options: { backend, json },
  examples: [['consumers linux-base', 'who uses which version']],
  run: async (args) => (await import('./consumers-verb.ts')).runConsumers(args as never),
}

const completion: Verb = {
  command: 'completion',
  describe: 'Print a shell function `bakehouse` with completion',
  positionals: {},
  options: {},
  examples: [['completion', `put this into ~/.bashrc or ~/.zshrc: ${completionLine}`]],
  run: async () => (await import('./completion.ts')).runCompletion(),
}

/** The verbs, the default one first. */
export const verbs: readonly Verb[] = [bake, history, show, doctor, init, reap, consumers, completion]
