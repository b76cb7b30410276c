import { BakehouseError } from '../core/errors.ts'
import { paint, say } from './output.ts'

/** Tells of an error on stderr: ours in the user's words, anything else as the bug it is. The exit code. */
export function reportError(error: unknown): number {
  if (error instanceof BakehouseError) {
    say(paint('red', error.message))
    if (error.hint) say(error.hint)
    return error.exitCode
  }
  say(paint('red', 'A bug of ours. Please report it with this:'))
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 1
}
