import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CaseResult } from '../../core/model.ts'
import { type Connection, lastLine, runInGuest } from '../connect.ts'
import type { StepContext } from '../context.ts'
import { findBaseIdentity, type Identity, parseIdentity } from '../identity.ts'
import type { SuiteReport } from './judge.ts'

export interface HygieneReport extends SuiteReport {
  readonly identity: Identity
}

/** When each machine was first started, in seconds since 1970; what it wrote since is its own. */
const firstBoots = new Map<string, string>()

/** The built-in gate of every Linux image: nothing of its making is in it, and it is a healthy machine. One round trip. */
export async function runHygiene(context: StepContext, connection: Connection, boots: number): Promise<HygieneReport> {
  const { signal, folder } = context
  const script = readFileSync(join(import.meta.dirname, 'hygiene.sh'), 'utf8')
  const variables = {
    TRIAL_KEY: readPublicKey(connection.host.identityFile),
    NOW: String(Math.round(Date.now() / 1000)),
    BOOTS: String(boots),
    SINCE: firstBoots.get(connection.controlPath) ?? '',
  }
  const result = await runInGuest(connection, script, { signal, timeoutMs: 180_000, variables })
  context.log(`\n--- hygiene (exit code ${result.exitCode})\n${result.stdout}${result.stderr}`)
  const booted = result.stdout.match(/^booted (\d+)$/m)?.[1]
  if (booted && boots === 1) firstBoots.set(connection.controlPath, booted)
  const identity = parseIdentity(result.stdout)
  const cases = [...parseHygiene(result.stdout), ...compareWithBase(identity, findBaseIdentity(folder))]
  if (result.stdout.includes('\nhygiene done\n')) return { cases, identity }
  return { cases, identity, problem: `the checks did not finish: ${lastLine(result)}` }
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

/** The body of the public half of a key: what an authorized_keys line has in its middle. */
export function readPublicKey(identityFile: string): string {
  return readFileSync(`${identityFile}.pub`, 'utf8').split(' ')[1]?.trim() ?? ''
}
