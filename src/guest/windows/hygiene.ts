import { join } from 'node:path'
import type { CaseResult } from '../../model/suite-result.ts'
import { type HygieneReport, parseHygiene } from '../hygiene.ts'
import { findBaseIdentity, type Identity, parseIdentity } from '../identity.ts'
import { type PowerShellOutcome, reasonOf, runPowerShell } from '../powershell/powershell.ts'
import { renderScript } from '../powershell/script.ts'
import type { Session } from '../session.ts'
import { readPublicKey } from '../ssh/keys.ts'

/** How long the checks may take, in ms: PowerShell starts slowly on a first boot. */
const timeoutMs = 600_000

/** The built-in suite of every Windows image: it was generalised, it holds no traces of its build, and the machine is healthy. */
export async function checkWindowsHygiene(session: Session): Promise<HygieneReport> {
  const { context, connection } = session
  const script = renderHygieneScript({
    trialKey: connection.host.transport === 'ssh' ? readPublicKey(connection.host.identityFile) : '',
    trialThumbprint: connection.host.certificateThumbprint ?? '',
    buildUser: connection.host.user,
    now: Math.round(Date.now() / 1000),
  })
  const outcome = await runPowerShell(session, { script, timeoutMs })
  context.log(`\n--- hygiene (exit code ${outcome.exitCode})\n${outcome.stdout}${outcome.stderr}`)
  return parseWindowsHygiene(outcome, findBaseIdentity(context.folder))
}

/** What the checks found, from what the script printed. One that did not get to its end is a problem, whatever it had passed. */
export function parseWindowsHygiene(
  outcome: Pick<PowerShellOutcome, 'stdout' | 'stderr' | 'problem'>,
  base: Identity | undefined,
): HygieneReport {
  const identity = parseIdentity(outcome.stdout)
  const cases = parseHygiene(outcome.stdout)
  if (outcome.problem === undefined && /(^|\n)hygiene done\n/.test(`${outcome.stdout}\n`)) {
    return { cases: [...cases, compareSid(identity, base)], identity }
  }
  return { cases, identity, problem: `the checks did not finish: ${reasonOf(outcome)}` }
}

/** The script with what it must know put before it. */
export function renderHygieneScript(known: {
  readonly trialKey: string
  readonly trialThumbprint: string
  readonly buildUser: string
  readonly now: number
}): string {
  const { trialKey, trialThumbprint, buildUser, now } = known
  const variables = { TrialKey: trialKey, TrialThumbprint: trialThumbprint, BuildUser: buildUser, Now: now }
  return renderScript(join(import.meta.dirname, 'hygiene.ps1'), variables)
}

/** Generalising must have given the machine a new SID. */
function compareSid(trial: Identity, base: Identity | undefined): CaseResult {
  const name = 'the SID differs from the base'
  if (!trial.machineId) return { name, status: 'error', durationMs: 0, message: 'the machine did not say its SID' }
  if (!base?.machineId) return { name, status: 'skipped', durationMs: 0, message: 'the base was not asked' }
  if (base.machineId === trial.machineId) return { name, status: 'failed', durationMs: 0, message: `both are ${trial.machineId}` }
  return { name, status: 'passed', durationMs: 0 }
}
