import { UsageError } from '../core/errors.ts'
import { commandLine } from '../core/program.ts'
import { didYouMean } from '../core/suggest.ts'
import { type Verb, verbs } from './verbs.ts'

/** What the parser of the arguments complains of, in our words and with a suggestion. */
export function explainMisuse(complaint: string, argv: readonly string[]): UsageError {
  const verb = chosenVerb(argv)
  const unknown = /^Unknown (?:arguments?|commands?): (.*)$/m.exec(complaint)?.[1]?.split(', ')[0]
  if (unknown !== undefined) return explainUnknown(unknown, verb, argv)
  const choice = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(complaint)
  if (choice) return new UsageError(`Expected --${choice[1]} to be one of ${choice[3]?.replaceAll('"', '')}, got ${choice[2]}`)
  const valueless = /Not enough arguments following: (\S+)/.exec(complaint)
  if (valueless) return new UsageError(`Expected a value after --${valueless[1]}, got nothing`)
  if (complaint.startsWith('Not enough non-option arguments')) {
    return new UsageError(`Expected ${commandLine(verb.command)}, got nothing in its place`, { hint: helpHint(verb) })
  }
  return new UsageError(complaint, { hint: helpHint(verb) })
}

function explainUnknown(word: string, verb: Verb, argv: readonly string[]): UsageError {
  const dashed = argv.find((arg) => arg.replace(/^-+/, '').replace(/=.*/s, '') === word && arg.startsWith('-'))
  const options = Object.keys(verb.options).map((name) => `--${name}`)
  if (dashed) {
    const name = dashed.replace(/=.*/s, '')
    return new UsageError(`Expected an option of ${nameOf(verb)}, got ${name}`, { hint: didYouMean(name, options) ?? helpHint(verb) })
  }
  const names = verbs.map(nameOf)
  return new UsageError(`Expected a verb (${names.join(', ')}), got "${word}"`, {
    hint: didYouMean(word, names) ?? commandLine('--help'),
  })
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
