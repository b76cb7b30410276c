import { completionLine, fishCompletionLine } from '../core/program.ts'
import { bake, plan } from './build-verbs.ts'
import { backend, cloud, json, type Verb } from './verb.ts'

const history: Verb = {
  command: 'history [family]',
  describe: 'List the builds of one family or of all families, newest first',
  positionals: { family: { type: 'string', describe: 'Name of the family  [default: all families]' } },
  options: {
    limit: { type: 'string', describe: 'List at most this number of builds; 0 lists all  [default: 20]', requiresArg: true },
    backend,
    json,
  },
  examples: [
    ['history', 'the latest builds'],
    ['history linux-base --limit 0', 'every build of one family'],
  ],
  run: async (args) => (await import('./history-verb.ts')).runHistory(args as never),
}

const show: Verb = {
  command: 'show <family> [version]',
  describe: 'Show one build: its phases, suites, image, and the paths of its files',
  positionals: {
    family: { type: 'string', describe: 'Name of the family' },
    version: { type: 'string', describe: 'Version of the image  [default: the newest build]' },
  },
  options: {
    log: { type: 'boolean', default: false, describe: 'Print the logs of the steps instead, also those of a build of another computer' },
    backend,
    json,
  },
  examples: [
    ['show linux-base', 'the newest build'],
    ['show linux-base 2026.11.23-2', 'one build'],
    ['show linux-base --log', 'the logs of the newest build'],
  ],
  run: async (args) => (await import('./show-verb.ts')).runShow(args as never),
}

const doctor: Verb = {
  command: 'doctor',
  describe: 'Check the tools, the families and the free disk space',
  isFree: true,
  positionals: {},
  options: { json },
  examples: [['doctor', 'list what is installed and what is missing, and how to install it']],
  run: async (args) => (await import('./doctor-verb.ts')).runDoctor(args as never),
}

const init: Verb = {
  command: 'init <family>',
  describe: 'Create a family from a template; you can build it unchanged',
  isFree: true,
  positionals: { family: { type: 'string', describe: 'Name of the new family: lower-case letters, digits and dashes' } },
  options: {
    base: { type: 'string', describe: 'Start from the latest good image of this family  [default: plain Debian]', requiresArg: true },
    ci: { choices: ['github', 'gitlab'], describe: 'Also write a workflow that builds the family every week', requiresArg: true },
    consumer: {
      choices: ['asg', 'vm'],
      describe: 'Also write a Pulumi program that uses the image: an Auto Scaling group, or a machine on this computer',
      requiresArg: true,
    },
    json,
  },
  examples: [
    ['init linux-db', 'a new family on plain Debian'],
    ['init linux-db --base linux-base', 'a new family on top of another'],
    ['init linux-db --ci github --consumer vm', 'with a weekly build, and a machine from the image'],
  ],
  run: async (args) => (await import('./init-verb.ts')).runInit(args as never),
}

const families: Verb = {
  command: 'families',
  describe: 'List the families of the project',
  positionals: {},
  options: { json },
  examples: [['families', 'each family with its cloud, its base and its description']],
  run: async (args) => (await import('./families-verb.ts')).runFamilies(args as never),
}

const config: Verb = {
  command: 'config',
  describe: 'Print the settings of the project, and whether bakehouse.yaml or the environment sets them',
  positionals: {},
  options: { json },
  examples: [['config', 'each setting, its value and its origin']],
  run: async (args) => (await import('./config-verb.ts')).runConfig(args as never),
}

const setup: Verb = {
  command: 'setup',
  describe: 'Install the tools that the families of the project need. Other verbs do this by themselves',
  positionals: {},
  options: {},
  examples: [['setup', 'check all tools, and install what is missing']],
  run: async () => (await import('./setup-verb.ts')).runSetup(),
}

const reap: Verb = {
  command: 'reap',
  describe: 'Delete resources that interrupted builds left behind. Never deletes a promoted image',
  positionals: {},
  options: {
    'dry-run': { type: 'boolean', default: false, describe: 'List what would be deleted, and delete nothing' },
    kept: { type: 'boolean', default: false, describe: 'Also delete kept machines and images that have not expired' },
    family: { type: 'string', describe: 'Only resources of this family', requiresArg: true },
    cloud: { ...cloud, describe: 'Only on this cloud  [default: all clouds that can be reached]' },
    backend,
    json,
  },
  examples: [
    ['reap --dry-run', 'list what is left'],
    ['reap', 'delete it'],
    ['reap --kept --family linux-web', 'delete the machine that you kept for inspection'],
  ],
  run: async (args) => (await import('./reap-verb.ts')).runReap(args as never),
}

const consumers: Verb = {
  command: 'consumers <family>',
  describe: 'List the groups, launch templates and instances that use a family, and which of them are outdated (AWS only)',
  positionals: { family: { type: 'string', describe: 'Name of the family' } },
  options: { backend, json },
  examples: [['consumers linux-base', 'list the users of the image, and their versions']],
  run: async (args) => (await import('./consumers-verb.ts')).runConsumers(args as never),
}

const completion: Verb = {
  command: 'completion [shell]',
  describe: 'Print a shell function named bakehouse, with completion of verbs, options and families',
  isFree: true,
  positionals: { shell: { choices: ['bash', 'zsh', 'fish'], describe: 'The shell  [default: bash and zsh]' } },
  options: {},
  examples: [
    ['completion', `put this into ~/.bashrc or ~/.zshrc: ${completionLine}`],
    ['completion fish', `put this into ~/.config/fish/config.fish: ${fishCompletionLine}`],
  ],
  run: async (args) => (await import('./completion.ts')).runCompletion(args as never),
}

/** A verb that is a program of its own. Its `--help` explains its arguments. */
function other(command: string, program: string, describe: string, example: string): Verb {
  const [name = ''] = command.split(' ')
  const positionals = { arguments: { describe: `Arguments of the program: ${name} --help`, array: true } as const }
  return { command, describe, program, positionals, options: {}, examples: [[example, describe]], run: async () => 0 }
}

const vm = other(
  'vm [arguments..]',
  '../stacks/vm/main',
  'Run the latest good image of a family as a machine on this computer',
  'vm up --family linux-base',
)
const pulumi = other(
  'pulumi [arguments..]',
  'setup/pulumi',
  'Run the Pulumi CLI with the state of the project',
  'pulumi stack history -s linux-base',
)
const awsPolicy = other(
  'aws-policy [arguments..]',
  'cloud/aws/print-policy',
  'Print the minimal IAM policy for builds on EC2',
  'aws-policy',
)

/** All verbs. The first one runs if no verb is given. */
export const verbs: readonly Verb[] = [
  bake,
  plan,
  families,
  config,
  history,
  show,
  doctor,
  init,
  reap,
  consumers,
  vm,
  setup,
  pulumi,
  awsPolicy,
  completion,
]
