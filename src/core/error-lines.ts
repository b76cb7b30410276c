import { basename } from 'node:path'
import { BakehouseError, findSystemProblem } from './errors.ts'
import { projectFile } from './find-project.ts'
import { say } from './output.ts'

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
  const mistakes = lines.filter(startsWithPlace)
  if (mistakes.length === 0) return [`error: ${lines[0]}`, ...lines.slice(1)]
  const inProject = mistakes.every((line) => basename(line.replace(/:.*/, '')) === projectFile)
  const count = mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`
  return [`error: ${count} in ${inProject ? projectFile : 'a family file'}`, ...lines]
}

/** An error as text: the lines of its message or its stack trace, the hint, and the exit code. */
export interface RenderedError {
  readonly lines: readonly string[]
  readonly hint: string | undefined
  readonly exitCode: number
}

/** Renders an error. A BakehouseError is rendered with its message, an internal error with its stack trace. */
export function renderError(thrown: unknown): RenderedError {
  const error = thrown instanceof BakehouseError ? thrown : (findSystemProblem(thrown) ?? thrown)
  if (error instanceof BakehouseError) return { lines: renderMessage(error), hint: error.hint, exitCode: error.exitCode }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { lines: ['error: internal error', ...stack.split('\n')], hint: reportHint, exitCode: 1 }
}

/** Writes an error to standard error as plain text. Returns its exit code. */
export function writeError(thrown: unknown): number {
  const { lines, hint, exitCode } = renderError(thrown)
  say([...lines, ...(hint ? [`hint: ${hint}`] : [])])
  return exitCode
}
