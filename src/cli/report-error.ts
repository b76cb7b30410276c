import { renderError } from '../core/error-lines.ts'
import { paint, say } from './output.ts'

/** Writes an error to stderr: a message for the user, or the stack trace of an internal error. Returns the exit code. */
export function reportError(error: unknown): number {
  const { lines, hint, exitCode } = renderError(error)
  say(exitCode === 1 ? [paint('red', lines[0] ?? ''), ...lines.slice(1)] : lines.map((line) => paint('red', line)))
  if (hint) say(`hint: ${hint}`)
  return exitCode
}
