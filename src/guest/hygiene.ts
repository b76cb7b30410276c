import { defined } from '../core/defined.ts'
import type { CaseResult, SuiteReport } from '../model/suite-result.ts'
import { failed, passed, skipped } from './cases.ts'
import { describeCheck } from './checks.ts'
import type { Identity } from './identity.ts'

/** The report of the hygiene checks, with the identity of the machine. */
export interface HygieneReport extends SuiteReport {
  readonly identity: Identity
}

/** Parses the lines of the script: `case⇥status⇥milliseconds⇥check⇥message`. The cases of its second half (`case2`) come last. */
export function parseHygiene(text: string): CaseResult[] {
  const lines = text.split('\n').map((line) => line.split('\t'))
  return ['case', 'case2'].flatMap((half) => lines.filter(([head]) => head === half).map(parseCase))
}

function parseCase([, status = '', ms = '', check = '', ...message]: string[]): CaseResult {
  return {
    name: check,
    title: describeCheck(check),
    status: status === 'passed' || status === 'failed' || status === 'skipped' ? status : 'error',
    durationMs: Number(ms) || 0,
    ...defined({ message: status === 'passed' ? message.join(' ') || undefined : message.join(' ') }),
  }
}

/** The cases, in which a finding that the family allows counts as passed. The reason and the finding are its message. */
export function allowFindings(cases: readonly CaseResult[], allow: { readonly [check: string]: string | undefined } = {}): CaseResult[] {
  return cases.map((one) => {
    const why = one.status === 'failed' ? allow[one.name] : undefined
    return why === undefined ? one : { ...one, status: 'passed', message: `allowed: ${why}; found: ${one.message?.replace(/^found /, '')}` }
  })
}

/** Compares the identity of a trial with that of the base machine. The image must not contain the identity of the base machine. */
export function compareWithBase(trial: Identity, base: Identity | undefined): CaseResult[] {
  const shared = base?.hostKeys.filter((key) => trial.hostKeys.includes(key)) ?? []
  return [
    judge('machine-id-differs-from-base', base, base?.machineId !== trial.machineId, `the base machine has the same: ${trial.machineId}`),
    judge('ssh-host-keys-differ-from-base', base, shared.length === 0, `the base machine has the same: ${shared.join(', ')}`),
  ]
}

/** Compares the presented host keys with those in the files of the machine. A key without a file would not be compared further. */
export function comparePresented(presented: readonly string[], named: readonly string[]): CaseResult {
  const hidden = presented.filter((key) => !named.includes(key))
  const message =
    presented.length === 0 ? 'the machine presented no host key' : `the machine presents ${hidden.join(', ')}, but has no such file`
  return judge('ssh-host-keys-as-presented', presented, presented.length > 0 && hidden.length === 0, message)
}

/** Compares the identities of clones. No two may be equal. Windows machines have no host keys. */
export function compareClones(identities: readonly Identity[]): CaseResult[] {
  const repeated = (values: readonly string[]) => values.filter((value, index) => values.indexOf(value) !== index)
  const ids = repeated(identities.map(({ machineId }) => machineId))
  const keys = identities.flatMap(({ hostKeys }) => hostKeys)
  const message = `two machines have the same keys: ${repeated(keys).join(', ')}`
  const files = identities.flatMap(({ serviceFiles = [] }) => serviceFiles)
  const paths = repeated(files).map((file) => file.replace(/^\S+ /, ''))
  const same = `two machines have the same content in: ${[...new Set(paths)].join(', ')}`
  return [
    judge('machine-id-differs-between-clones', identities, ids.length === 0, `two machines have the same machine id: ${ids.join(', ')}`),
    ...(keys.length === 0 ? [] : [judge('ssh-host-keys-differ-between-clones', identities, repeated(keys).length === 0, message)]),
    ...(files.length === 0 ? [] : [judge('service-identities-differ-between-clones', identities, paths.length === 0, same)]),
  ]
}

/** A comparison as a test case; skipped if the other identity is not known. */
export function judge(check: string, known: unknown, isGood: boolean, message: string): CaseResult {
  if (known === undefined) return skipped(check, 'the identity of the base machine is unknown')
  return isGood ? passed(check) : failed(check, message)
}
