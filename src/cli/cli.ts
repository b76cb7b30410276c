import { renderError } from '../core/error-lines.ts'
import { messageOf } from '../core/errors.ts'
import { runArguments } from './arguments.ts'
import { printJson } from './output.ts'
import { reportError } from './report-error.ts'

/** Runs the command line. All errors are caught and printed here. Returns the exit code; README.md lists the exit codes. */
export async function main(argv: readonly string[]): Promise<number> {
  surviveClosedPipes()
  try {
    return await runArguments(argv)
  } catch (error) {
    if (argv.some((word) => /^--json(=true)?$/.test(word))) printJson({ error: describeError(error) })
    return reportError(error)
  }
}

/** An error as the member `error` of a result in JSON. */
function describeError(error: unknown): { message: string; hint: string | undefined; exitCode: number } {
  const { hint, exitCode } = renderError(error)
  return { message: messageOf(error), hint, exitCode }
}

/** If the reader of a pipe closes it, as `head` does, later output is dropped, but the command runs to its end. */
function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}
