import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RejectedError } from '../../core/errors.ts'
import { failureOf } from '../../core/exec.ts'
import type { Session } from '../session.ts'
import { runInGuest } from '../ssh/ssh.ts'
import { findPythonProblem, interpreterOf } from './python.ts'

/** Maximum time until the first boot of a machine has finished, in seconds. */
const settleSeconds = 300

/**
 * Waits until cloud-init and background package managers have finished, so that the playbook does not compete with them, and refreshes the
 * package lists if the family asks for that. Tells a note if Ansible cannot use the Python of the machine, and returns the hint for it.
 * Throws RejectedError if they do not finish in five minutes, or if the lists cannot be refreshed.
 */
export async function prepareLinux({ context, connection }: Session): Promise<string | undefined> {
  const { refreshPackages: refresh, variables } = context.request.family.configure
  const interpreter = interpreterOf(variables)
  const script = readFileSync(join(import.meta.dirname, 'prepare.sh'), 'utf8')
  const result = await runInGuest(connection, script, {
    signal: context.signal,
    timeoutMs: (settleSeconds + 300) * 1000,
    onLine: (line) => {
      const name = taskOf(line, refresh)
      if (name !== undefined) context.tell({ type: 'task', name })
    },
    variables: { limit: String(settleSeconds), refresh: refresh ? 'yes' : 'no', interpreter },
  })
  if (result.stdout.trim()) context.log(`${result.stdout.trim()}\n`)
  const { exitCode } = result
  if (exitCode === 3) {
    const waiting = result.stdout.match(/^waiting for (.*)$/gm)?.at(-1) ?? 'waiting'
    throw new RejectedError(`the first boot of the base machine did not finish in ${settleSeconds} s: ${waiting}`, {
      hint: "See the output of cloud-init in the machine's console log, in the diagnostics folder.",
    })
  }
  // The script prints the version of Python before it refreshes the lists.
  if (exitCode !== 0 && refresh && /^python /m.test(result.stdout)) {
    const why = /^[EW]: (.*)$/m.exec(result.stdout)?.[1] ?? failureOf(result)
    throw new RejectedError(`the package lists could not be refreshed: ${why}`, {
      hint: 'the machine must reach the servers in its /etc/apt/sources.list, or set configure: {refreshPackages: false}',
    })
  }
  if (exitCode !== 0) throw new RejectedError(`the machine could not be prepared for the playbook: ${failureOf(result)}`)
  const problem = findPythonProblem(result.stdout, interpreter)
  if (problem) for (const text of [problem.what, `hint: ${problem.hint}`]) context.tell({ type: 'note', text })
  return problem?.hint
}

/** The task that a line of the script begins, if it begins one. */
function taskOf(line: string, refresh: boolean): string | undefined {
  if (line.startsWith('waiting for ')) return `wait for ${line.slice('waiting for '.length)}`
  return refresh && line.startsWith('python ') ? 'refresh the package lists' : undefined
}
