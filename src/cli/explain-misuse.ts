import { UsageError } from '../core/errors.ts'
import { commandLine, stateCommandLine } from '../core/program.ts'
import { didYouMean } from '../core/suggest.ts'
import type { Verb } from './verb.ts'
import { verbs } from './verbs.ts'

/** Turns an error message of the argument parser (yargs) into an error with a hint. */
export function explainMisuse(complaint: string, argv: readonly string[]): UsageError {
  const verb = chosenVerb(argv)
  const hint = helpHint(verb)
  if (argv.some((arg) => arg === '--version' || arg.startsWith('--version='))) {
    return new UsageError('Expected --image-version for the version of the image, got --version', {
      hint: '--version alone prints the version of this program; use --image-version',
    })
  }
  const unknown = /^Unknown (?:arguments?|commands?): (.*)$/m.exec(complaint)?.[1]?.split(', ')[0]
  if (unknown !== undefined) return explainUnknown(unknown, verb, argv)
  const choice = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(complaint)
  if (choice) return new UsageError(`Expected --${choice[1]} to be one of ${choice[3]?.replaceAll('"', '')}, got ${choice[2]}`, { hint })
  const valueless = /Not enough arguments following: (\S+)/.exec(complaint)
  if (valueless) return new UsageError(`Expected a value after --${valueless[1]}, got nothing`, { hint })
  if (complaint.startsWith('Not enough non-option arguments')) {
    return new UsageError(`Missing argument of ${nameOf(verb)}: expected ${commandLine(verb.command)}`, { hint })
  }
  return new UsageError(complaint, { hint })
}

/** Verbs that are planned. Users know them from other programs and may try them. */
const planned: readonly string[] = ['rollback', 'prune', 'revoke', 'hold', 'diff']

function explainUnknown(word: string, verb: Verb, argv: readonly string[]): UsageError {
  const dashed = argv.find((arg) => arg.replace(/^-+/, '').replace(/=.*/s, '') === word && arg.startsWith('-'))
  const options = Object.keys(verb.options).map((name) => `--${name}`)
  if (dashed) {
    const name = dashed.replace(/=.*/s, '')
    const long = /^-[a-z]$/.test(name) ? options.find((option) => option.startsWith(`-${name}`)) : undefined
    const hint = long ? `did you mean "${long}"?` : (didYouMean(name, options) ?? helpHint(verb))
    return new UsageError(`Expected an option of ${nameOf(verb)}, got ${name}`, { hint })
  }
  const names = verbs.map(nameOf)
  if (names.includes(argv[0] ?? '') && argv[0] !== word) return explainExtra(word, verb)
  if (planned.includes(word)) return new UsageError(`The verb ${word} does not exist yet`, { hint: `the verbs are: ${names.join(', ')}` })
  return new UsageError(`Expected a verb (${names.join(', ')}), got "${word}"`, {
    hint:
      didYouMean(word, names) ?? `to build the family ${word}: ${stateCommandLine('--family', word)}; all verbs: ${commandLine('--help')}`,
  })
}

/** The error for one argument too many. */
function explainExtra(word: string, verb: Verb): UsageError {
  const hint = 'family' in verb.options ? `did you mean "--family ${word}"?` : `expected ${commandLine(verb.command)}`
  return new UsageError(`Expected no further argument of ${nameOf(verb)}, got "${word}"`, { hint })
}

function chosenVerb(argv: readonly string[]): Verb {
  return verbs.find((verb) => nameOf(verb) === argv[0]) ?? (verbs[0] as Verb)
}

function nameOf(verb: Verb): string {
  return verb.command.split(' ')[0] ?? ''
}

function helpHint(verb: Verb): string {
  return commandLine(nameOf(verb), '--help')
}
