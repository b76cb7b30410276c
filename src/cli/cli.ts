import { runArguments } from './arguments.ts'
import { reportError } from './report-error.ts'

/** The whole program: does what the arguments say, and is the only place that catches. The exit code, as in the README. */
export async function main(argv: readonly string[]): Promise<number> {
  surviveClosedPipes()
  try {
    return await runArguments(argv)
  } catch (error) {
    return reportError(error)
  }
}

/** A reader that has seen enough, such as `head`, ends our output, not our work. */
function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}
