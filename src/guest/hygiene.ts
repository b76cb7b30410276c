import type { CaseResult, SuiteReport } from '../model/suite-result.ts'
import type { Identity } from './identity.ts'

export interface HygieneReport extends SuiteReport {
  readonly identity: Identity
}

/** Cases from the script's lines, `case⇥status⇥milliseconds⇥name⇥message`: those of its first half, then those of its second. */
export function parseHygiene(text: string): CaseResult[] {
  const lines = text.split('\n').map((line) => line.split('\t'))
  return ['case', 'case2'].flatMap((half) => lines.filter(([head]) => head === half).map(parseCase))
}

function parseCase([, status = '', ms = '', name = '', ...message]: string[]): CaseResult {
  return {
    name,
    status: status === 'passed' || status === 'failed' || status === 'skipped' ? status : 'error',
    durationMs: Number(ms) || 0,
    ...(status === 'passed' ? {} : { message: message.join(' ') }),
  }
}

/** The image must not be the machine that it was made on. */
export function compareWithBase(trial: Identity, base: Identity | undefined): CaseResult[] {
  const shared = base?.hostKeys.filter((key) => trial.hostKeys.includes(key)) ?? []
  return [
    judge('machine id differs from the base', base, base?.machineId !== trial.machineId, `both are ${trial.machineId}`),
    judge('ssh host keys differ from the base', base, shared.length === 0, `both have ${shared.join(', ')}`),
  ]
}

/** Machines started from one image must not be one machine. */
export function compareClones(identities: readonly Identity[]): CaseResult[] {
  const repeated = (values: readonly string[]) => values.filter((value, index) => values.indexOf(value) !== index)
  const ids = repeated(identities.map(({ machineId }) => machineId))
  const keys = repeated(identities.flatMap(({ hostKeys }) => hostKeys))
  return [
    judge('machine ids differ between clones', identities, ids.length === 0, `two machines are ${ids.join(', ')}`),
    judge('ssh host keys differ between clones', identities, keys.length === 0, `two machines have ${keys.join(', ')}`),
  ]
}

function judge(name: string, known: unknown, good: boolean, message: string): CaseResult {
  if (known === undefined) return { name, status: 'skipped', durationMs: 0, message: 'the base was not asked' }
  return good ? { name, status: 'passed', durationMs: 0 } : { name, status: 'failed', durationMs: 0, message }
}
