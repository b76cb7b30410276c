import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectFile } from '../core/find-project.ts'
import { projectFolder } from '../core/paths.ts'
import { prepareProcess } from '../core/prepare-process.ts'
import { runArguments } from './arguments.ts'
import { useProject } from './use-project.ts'

/** Runs the command line. All errors are caught and printed here. Returns the exit code; README.md lists the exit codes. */
export async function main(argv: readonly string[]): Promise<number> {
  surviveClosedPipes()
  try {
    const words = useProject(argv)
    await useSettings()
    prepareProcess()
    return await runArguments(words)
  } catch (error) {
    const { reportError } = await import('./report-error.ts')
    return reportError(error, { asJson: argv.some((word) => /^--json(=true)?$/.test(word)) })
  }
}

/** Uses the settings of the project. The parser of the file is loaded only if there is one. */
async function useSettings(): Promise<void> {
  if (existsSync(join(projectFolder(), projectFile))) await (await import('../bakehouse.ts')).readSettings()
}

/** If the reader of a pipe closes it, as `head` does, later output is dropped, but the command runs to its end. */
function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}
