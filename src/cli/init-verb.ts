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
  const made = await makeFamily(family, { base, ci, consumer })
  const { folder, files, others, kept } = made
  const next = stateCommandLine(`--family ${family}`)
  if (json) {
    printJson({ family, folder, files, others, kept, next })
    return 0
  }
  print([`${family} is in ${folder}:`, ...files.map((path) => `  ${path}`)])
  if (others.length > 0) print(['', 'Also written:', ...others.map((path) => `  ${path}`)])
  if (kept.length > 0) print(['', 'Not changed, because it exists already:', ...kept.map((path) => `  ${path}`)])
  print(['', 'Build it:', `  ${next}`, 'Then run the image on this computer:', `  ${vmCommandLine('up', '--family', family)}`])
  if (ci) print(['', 'Before the weekly build can run:', ...listSteps(family, base, made).map((step) => `  - ${step}`)])
  return 0
}

/** What the user must do by hand before the CI system can build the family. */
function listSteps(family: string, base: string | undefined, { kept, workflow = '' }: Awaited<ReturnType<typeof makeFamily>>): string[] {
  const steps = ['set the variables that docs/ci.md of this package lists: its jobs need a role on AWS and a state that they share']
  if (base !== undefined) steps.push(`build ${base} there first: ${family} starts from its latest good image`)
  if (kept.includes(workflow)) steps.push(`add ${family} to ${workflow}`)
  return steps
}
