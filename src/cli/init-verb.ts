import { makeFamily } from '../bakehouse.ts'
import { print, printJson } from '../core/output.ts'
import { stateCommandLine, vmCommandLine } from '../core/program.ts'

interface InitArguments {
  readonly family: string
  readonly base?: string
  readonly ci?: 'github' | 'gitlab'
  readonly consumer?: 'asg' | 'vm'
  readonly json: boolean
}

/** Creates a family, and prints what was made and what comes next. Returns the exit code. */
export async function runInit({ family, base, ci, consumer, json }: InitArguments): Promise<number> {
  const { folder, files, others, kept } = await makeFamily(family, { base, ci, consumer })
  const next = stateCommandLine(`--family ${family}`)
  if (json) {
    printJson({ family, folder, files, others, kept, next })
    return 0
  }
  print([`${family} is in ${folder}:`, ...files.map((path) => `  ${path}`)])
  if (others.length > 0) print(['', 'Also written:', ...others.map((path) => `  ${path}`)])
  if (kept.length > 0) print(['', 'Not changed, because it exists already:', ...kept.map((path) => `  ${path}`)])
  print(['', 'Build it:', `  ${next}`, 'Then run the image on this computer:', `  ${vmCommandLine('up', '--family', family)}`])
  if (ci) print('The weekly build needs a state that its jobs share: docs/ci.md of this package lists the variables to set.')
  return 0
}
