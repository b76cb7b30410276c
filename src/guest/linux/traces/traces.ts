import { networkTraces } from './network.ts'
import { registrationTraces } from './registrations.ts'
import { remainTraces } from './remains.ts'
import { serviceTraces } from './services.ts'
import { systemTraces } from './system.ts'
import type { Trace } from './trace.ts'
import { userTraces } from './users.ts'

/** All traces, by group. The groups are the sections of docs/sealing.md. */
export const traceGroups: readonly { readonly title: string; readonly traces: readonly Trace[] }[] = [
  { title: 'Identity of the system', traces: systemTraces },
  { title: 'Identity of services', traces: serviceTraces },
  { title: 'Registrations', traces: registrationTraces },
  { title: 'Network and cloud', traces: networkTraces },
  { title: 'Accounts and home folders', traces: userTraces },
  { title: 'Other remains of the build', traces: remainTraces },
]

const traces = traceGroups.flatMap((group) => group.traces)

/** What sealing removes by the list, as a variable of the shell: one pattern a line. */
export function sealedTraces(): string {
  return renderVariable(
    'traces',
    traces.flatMap(({ seal, paths = [] }) => (seal === 'remove' ? paths : [])),
  )
}

/** What hygiene searches for by the list, as a variable of the shell: lines of `check|pattern`. */
export function checkedTraces(): string {
  const lines = traces.flatMap(({ check, checkedElsewhere, paths = [] }) =>
    check === undefined || checkedElsewhere ? [] : paths.map((path) => `${check}|${path}`),
  )
  return renderVariable('traces', lines)
}

/** Files whose content differs on each machine, as a variable of the shell: one pattern a line. */
export function uniqueTraces(): string {
  return renderVariable(
    'unique',
    traces.flatMap(({ isUnique, paths = [] }) => (isUnique ? paths : [])),
  )
}

function renderVariable(name: string, lines: readonly string[]): string {
  return `${name}='\n${lines.join('\n')}\n'\n`
}
