import yargs, { type Argv } from 'yargs'
import { useBackend } from '../core/backend-url.ts'
import { BakehouseError, UsageError } from '../core/errors.ts'
import { commandLine, commandName, completionFlag, readToolVersion } from '../core/program.ts'
import { explainMisuse } from './explain-misuse.ts'
import { runProgram } from './run-program.ts'
import { requireProject } from './use-project.ts'
import type { Verb } from './verb.ts'
import { verbs } from './verbs.ts'

/** Parses the arguments and runs the verb that they name. Returns the exit code. Throws UsageError for wrong arguments. */
export async function runArguments(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && ['--version', '-V'].includes(argv[0] ?? '')) return printToolVersion()
  if (argv[0] === completionFlag) return await printWords(argv.slice(1))
  const program = verbs.find(({ command }) => command.split(' ')[0] === argv[0])?.program
  if (program !== undefined) return await runProgram(program, argv.slice(1))
  refuseNamedPositional(argv)
  let code = 0
  const parser = verbs.reduce(
    (built, verb, index) => addVerb(built, verb, { isDefault: index === 0, done: (given) => (code = given) }),
    makeParser(argv),
  )
  await parser.parseAsync()
  return code
}

function makeParser(argv: readonly string[]): Argv {
  return yargs([...argv])
    .scriptName(commandName)
    .locale('en')
    .usage('Builds machine images with Ansible, tests each one on a freshly booted machine, and promotes only those that pass.')
    .parserConfiguration({
      'camel-case-expansion': false,
      'boolean-negation': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .strict()
    .version(false)
    .help('help')
    .alias('h', 'help')
    .epilog(
      '--project <folder> uses the project in another folder. --version prints the version of this program.\nExit codes: 0 done · 1 internal error · 2 wrong arguments or a mistake in a family · 3 a credential or a tool is missing ·\n7 nothing to do · 8 cancelled · 9 interrupted · 10 the image failed its build or its tests',
    )
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .exitProcess(false)
    .fail((message, error) => {
      if (error instanceof BakehouseError || (error && !message)) throw error
      throw explainMisuse(message, argv)
    })
}

function addVerb(parser: Argv, verb: Verb, { isDefault, done }: { isDefault: boolean; done: (code: number) => void }): Argv {
  return parser.command({
    command: isDefault ? [verb.command, '$0'] : verb.command,
    describe: verb.describe,
    builder: (built: Argv) => {
      let filled = built.options(verb.options)
      for (const [name, positional] of Object.entries(verb.positionals)) filled = filled.positional(name, positional)
      return verb.examples.reduce((with_, [words, meaning]) => with_.example(`$0 ${words}`, meaning), filled)
    },
    handler: async (args) => {
      refuseRepeated(args, verb)
      if (!verb.isFree) requireProject()
      useBackend(args.backend as string | undefined)
      done(await verb.run(args))
    },
  })
}

/** Throws UsageError if an option that takes one value is given twice, or if its value is empty. */
function refuseRepeated(args: Readonly<Record<string, unknown>>, verb: Verb): void {
  for (const [name, option] of Object.entries(verb.options)) {
    if (!option.array && Array.isArray(args[name])) throw new UsageError(`Expected --${name} once, got it ${args[name].length} times`)
    if (args[name] === '') throw new UsageError(`Expected a value after --${name}, got nothing`)
  }
}

/** yargs accepts a positional as an option too, and then one of two values would be ignored. */
function refuseNamedPositional(argv: readonly string[]): void {
  const verb = verbs.find(({ command }) => command.split(' ')[0] === argv[0])
  const name = Object.keys(verb?.positionals ?? {}).find((each) => argv.some((arg) => arg === `--${each}` || arg.startsWith(`--${each}=`)))
  if (verb === undefined || name === undefined || name === 'version') return
  throw new UsageError(`Expected an option of ${argv[0]}, got --${name}`, { hint: `expected ${commandLine(verb.command)}` })
}

async function printWords(words: readonly string[]): Promise<number> {
  const [{ completeWords }, { print }] = await Promise.all([import('./complete.ts'), import('../core/output.ts')])
  for (const word of await completeWords(words)) print(word)
  return 0
}

async function printToolVersion(): Promise<number> {
  const { print } = await import('../core/output.ts')
  print(readToolVersion())
  return 0
}
