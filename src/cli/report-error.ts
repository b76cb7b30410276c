import { renderError } from '../core/error-lines.ts'
import { messageOf } from '../core/errors.ts'
import { paint, printJson, say } from '../core/output.ts'

/**
 * Writes an error to stderr: a message for the user, or the stack trace of an internal error. With `asJson`, also writes it to stdout, as
 * the member `error` of a result. Returns the exit code.
 */
export function reportError(error: unknown, { asJson = false }: { readonly asJson?: boolean } = {}): number {
  const { lines, hint, exitCode } = renderError(error)
  if (asJson) printJson({ error: { message: messageOf(error), hint, exitCode } })
  say(exitCode === 1 ? [paint('red', lines[0] ?? ''), ...lines.slice(1)] : lines.map((line) => paint('red', line)))
  if (hint) say(`hint: ${hint}`)
  return exitCode
}
