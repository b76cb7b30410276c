import { makeFamily } from '../bakehouse.ts'
import { print, printJson } from '../core/output.ts'
import { commandLine } from '../core/program.ts'

interface InitArguments {
  readonly family: string
  readonly base?: string
  readonly json: boolean
}

/** Creates the folder of a new family and prints how to build it. Returns the exit code. */
export async function runInit({ family, base, json }: InitArguments): Promise<number> {
  const { folder, files } = await makeFamily(family, base)
  const next = commandLine(`--family ${family}`)
  if (json) printJson({ family, folder, files, next })
  else print([`${family} is in ${folder}:`, ...files.map((path) => `  ${path}`), '', 'Build it:', `  ${next}`])
  return 0
}
