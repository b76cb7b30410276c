import { BakehouseError } from '../core/errors.ts'
import { paint, say } from './output.ts'

/** Writes an error to stderr: a message for the user, or the stack trace of an internal error. Returns the exit code. */
export function reportError(error: unknown): number {
  if (error instanceof BakehouseError) {
    say(renderMessage(error).map((line) => paint('red', line)))
    if (error.hint) say(`hint: ${error.hint}`)
    return error.exitCode
  }
  say(paint('red', 'error: internal error'))
  say((error instanceof Error ? (error.stack ?? error.message) : String(error)).split('\n'))
  say(`hint: ${reportHint}`)
  return 1
}

/** The hint for internal errors. */
export const reportHint = 'this is a defect of bakehouse; report it with the stack trace and the versions that doctor prints'

/** Whether a line describes a mistake in a file. It starts with the place, `file:line:column: `, so that an editor can jump to it. */
export function startsWithPlace(line: string): boolean {
  return /^\S+:\d+:\d+: /.test(line)
}

/** An error as lines. If the message is about a file, a summary comes first, then one line per mistake; no part comes from a guest. */
export function renderMessage({ message, exitCode }: Pick<BakehouseError, 'message' | 'exitCode'>): string[] {
  if (exitCode !== 2) return [`error: ${message}`]
  const lines = message.split('\n')
  const mistakes = lines.filter(startsWithPlace).length
  if (mistakes === 0) return [`error: ${lines[0]}`, ...lines.slice(1)]
  return [`error: ${mistakes === 1 ? 'a mistake' : `${mistakes} mistakes`} in a family file`, ...lines]
}
