import { BakehouseError } from '../core/errors.ts'
import { paint, say } from './output.ts'

/** Writes an error to stderr: a message for the user, or the stack trace of an internal error. Returns the exit code. */
export function reportError(error: unknown): number {
  if (error instanceof BakehouseError) {
    say(renderMessage(error).map((line) => paint('red', line)))
    if (error.hint) say(error.hint)
    return error.exitCode
  }
  say(paint('red', 'Internal error. Please report it with this stack trace:'))
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 1
}

/** What is wrong with the input has a line for each place, and an editor looks for it where a line begins: nothing in it is a guest's. */
export function renderMessage({ message, exitCode }: Pick<BakehouseError, 'message' | 'exitCode'>): string[] {
  return exitCode === 2 ? message.split('\n') : [message]
}
