import { defined } from '../core/defined.ts'
import { runPlaybook } from '../guest/ansible/playbook.ts'
import type { TaskEnd } from '../guest/ansible/task-events.ts'
import { type CaseResult, isBad, type SuiteReport } from '../model/suite-result.ts'
import { suiteReport } from './judge.ts'
import type { SuiteContext, Verifier } from './verifier.ts'

/** A playbook whose tasks are the tests. Its output is in the log of the step. */
export const ansible: Verifier = { name: 'ansible', systems: ['linux', 'windows'], files: { ansible: 'any' }, run: runVerifyPlaybook }

/** Tasks that are no tests, such as gathering facts. */
const silent = new Set([
  'ansible.builtin.setup',
  'ansible.builtin.gather_facts',
  'ansible.builtin.set_fact',
  'ansible.builtin.include_tasks',
])

async function runVerifyPlaybook({ context, connection, suite, slug, timeoutMs, clear }: SuiteContext): Promise<SuiteReport> {
  await clear
  const lines = [`\n--- ${slug}\n`]
  const { ends, cause } = await runPlaybook(context, {
    playbook: suite.file,
    connection,
    timeoutMs,
    log: (text) => lines.push(text),
    onTask: () => {},
  })
  context.log(lines.join(''))
  return reportTasks(ends, cause)
}

/** Each task is a test case. A changed task is passed; an error that the playbook ignored or rescued is a skipped case. */
export function reportTasks(ends: readonly TaskEnd[], cause: string | undefined): SuiteReport {
  const cases = ends.filter(({ action, status }) => !silent.has(action) || status === 'failed' || status === 'unreachable').map(taskCase)
  const bad = cases.some(isBad)
  if (cause === undefined) return suiteReport(cases, bad ? 'a task failed, but the playbook passed' : undefined)
  return suiteReport(cases, bad ? undefined : cause)
}

function taskCase({ task, status, ms, message, forgiven }: TaskEnd): CaseResult {
  const verdicts = {
    ok: 'passed',
    changed: 'passed',
    skipped: 'skipped',
    failed: forgiven ? 'skipped' : 'failed',
    unreachable: forgiven ? 'skipped' : 'error',
  } as const
  const verdict = verdicts[status]
  return {
    name: task,
    status: verdict,
    durationMs: ms,
    ...defined({ message: verdict === 'passed' || message === '' ? undefined : message }),
  }
}
