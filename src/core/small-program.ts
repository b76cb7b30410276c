import { parseArgs } from 'node:util'
import { writeError } from './error-lines.ts'
import { UsageError } from './errors.ts'
import { print } from './output.ts'
import { didYouMean } from './suggest.ts'

/** An argument without a name. */
export interface ProgramWord {
  readonly name: string
  readonly describe: string
  readonly isOptional?: boolean
  /** The allowed values, each with its meaning. Default: any value. */
  readonly choices?: Readonly<Record<string, string>>
}

/** An option `--name value`. */
export interface ProgramOption {
  /** Its value in the help, for example `<MiB>`. */
  readonly value: string
  readonly describe: string
  readonly isRequired?: boolean
}

/** A program of the project other than `bake`, with the texts of its help. */
export interface SmallProgram {
  /** The command that starts it, for example `npm run vm --`. */
  readonly command: string
  readonly describe: string
  readonly words?: readonly ProgramWord[]
  /** Name and meaning of further arguments, including options, which `run` gets unchanged. An argument `<…>` is required. */
  readonly rest?: readonly [name: string, describe: string]
  readonly options?: Readonly<Record<string, ProgramOption>>
  readonly examples: readonly (readonly [args: string, meaning: string])[]
  /** Runs the program. Returns the exit code. */
  readonly run: (given: Given) => Promise<number>
}

/** The parsed arguments. */
export interface Given {
  readonly words: readonly string[]
  readonly rest: readonly string[]
  readonly options: Readonly<Record<string, string>>
}

/** Runs a program with these arguments: prints its help, its result, or its error. Returns the exit code. */
export async function runSmallProgram(program: SmallProgram, argv: readonly string[]): Promise<number> {
  try {
    const given = parseGiven(program, argv)
    if (given) return await program.run(given)
    print(renderHelp(program))
    return 0
  } catch (error) {
    return writeError(error)
  }
}

/** The help of a program. */
function renderHelp(program: SmallProgram): string[] {
  const { command, describe, words = [], rest, options = {}, examples } = program
  const usage = [...words.map(({ name, isOptional }) => (isOptional ? `[${name}]` : `<${name}>`)), ...(rest ? [rest[0]] : []), '[options]']
  const meanings = words.flatMap((word): [string, string][] => [
    [word.name, word.describe],
    ...Object.entries(word.choices ?? {}).map(([choice, meaning]): [string, string] => [`  ${choice}`, meaning]),
  ])
  const known = Object.entries(options).map(([name, { value, describe: text, isRequired }]): [string, string] => [
    `--${name} ${value}`,
    isRequired ? `${text}  [required]` : text,
  ])
  return [
    `${command} ${usage.join(' ')}`,
    '',
    describe,
    ...section('Arguments', [...meanings, ...(rest ? [rest] : [])]),
    ...section('Options', [...known, ['-h, --help', 'Print this help']]),
    ...section(
      'Examples',
      examples.map(([args, meaning]) => [args === '' ? nameOf(command) : `${command} ${args}`, meaning]),
    ),
  ]
}

function section(title: string, rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.length === 0 ? [] : ['', `${title}:`, ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)]
}

/** Parses the arguments; undefined if they request the help. Throws UsageError. */
function parseGiven(program: SmallProgram, argv: readonly string[]): Given | undefined {
  const words: string[] = []
  const given: Record<string, string> = {}
  const known = Object.fromEntries(Object.keys(program.options ?? {}).map((name) => [name, { type: 'string' as const }]))
  // Not strict, so that the errors are those of this program.
  const { tokens } = parseArgs({ args: [...argv], options: known, strict: false, tokens: true })
  for (const token of tokens) {
    const arg = argv[token.index] ?? ''
    if (arg === '--help' || arg === '-h') return undefined
    if (token.kind === 'option' && Object.hasOwn(known, token.name)) given[token.name] = requireValue(program, token)
    else if (arg.startsWith('-')) throw unknownOption(program, arg)
    else if (program.rest && words.length === (program.words ?? []).length) return { words, rest: argv.slice(token.index), options: given }
    else words.push(arg)
  }
  requireAll(program, words, given)
  if (program.rest?.[0].startsWith('<'))
    throw new UsageError(`Expected ${program.rest[0]}, got nothing`, { hint: `${program.command} --help` })
  return { words, rest: [], options: given }
}

function requireValue(
  { command }: SmallProgram,
  { rawName, value }: { readonly rawName: string; readonly value?: string | undefined },
): string {
  if (!value) throw new UsageError(`Expected a value after ${rawName}, got nothing`, { hint: `${command} --help` })
  return value
}

function unknownOption({ command, options = {} }: SmallProgram, arg: string): UsageError {
  const [flag = ''] = arg.split('=')
  const names = Object.keys(options).map((name) => `--${name}`)
  return new UsageError(`Expected an option of ${nameOf(command)}, got ${flag}`, { hint: didYouMean(flag, names) ?? `${command} --help` })
}

function requireAll({ command, words: expected = [], options = {} }: SmallProgram, words: readonly string[], given: object): void {
  for (const [index, { name, isOptional, choices }] of expected.entries()) {
    const word = words[index]
    const known = Object.keys(choices ?? {})
    const wanted = known.length > 0 ? `one of ${known.join(', ')}` : `<${name}>`
    if (word === undefined && !isOptional) throw new UsageError(`Expected ${wanted}, got nothing`, { hint: `${command} --help` })
    if (word !== undefined && choices && !known.includes(word)) {
      throw new UsageError(`Expected ${wanted}, got "${word}"`, { hint: didYouMean(word, known) ?? `${command} --help` })
    }
  }
  const extra = words[expected.length]
  if (extra !== undefined) throw new UsageError(`Expected no further argument, got "${extra}"`, { hint: `${command} --help` })
  const missing = Object.keys(options).find((name) => options[name]?.isRequired && !(name in given))
  if (missing !== undefined) {
    throw new UsageError(`Expected --${missing} ${options[missing]?.value}, got nothing`, { hint: `${command} --help` })
  }
}

function nameOf(command: string): string {
  return command.replace(/ --$/, '')
}
