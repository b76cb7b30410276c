import { BakehouseError } from '../core/errors.ts'
import { paint, say } from './output.ts'

/** Tells of an error on stderr: ours in the user's words, anything else as the bug it is. The exit code. */
export function reportError(error: unknown): number {
  if (error instanceof BakehouseError) {
    say(renderMessage(error).map((line) => paint('red', line)))
    if (error.hint) say(error.hint)
    return error.exitCode
  }
  say(paint('red', 'A bug of ours. Please report it with this:'))
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 1
}

/** What is wrong with the input has a line for each place, and an editor looks for it where a line begins: nothing in it is a guest's. */
export function renderMessage({ message, exitCode }: Pick<BakehouseError, 'message' | 'exitCode'>): string[] {
  return exitCode === 2 ? message.split('\n') : [message]
}
