import { prepareTools } from '../bakehouse.ts'
import { say } from '../core/output.ts'

/** Installs the tools that the families of the project need, and checks those that are installed. Returns the exit code. */
export async function runSetup(): Promise<number> {
  await prepareTools(undefined, { again: true })
  say('The tools are set up')
  return 0
}
