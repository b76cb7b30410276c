import { join } from 'node:path'
import { BuildFailed } from '../../core/errors.ts'
import type { CaseResult } from '../../model/suite-result.ts'
import { type HygieneReport, parseHygiene } from '../hygiene.ts'
import { findBaseIdentity, type Identity, parseIdentity } from '../identity.ts'
import { type PowerShellOutcome, type Reached, reasonOf, runPowerShell } from '../powershell/powershell.ts'
import { renderScript } from '../powershell/script.ts'
import { readPublicKey } from '../ssh/keys.ts'

/** How long the checks may take, in ms: PowerShell starts slowly on a first boot. */
const timeoutMs = 600_000

/** Prints the machine's own part of its accounts' SIDs: what generalising must change. */
const identityScript = [
  '$account = Get-CimInstance Win32_UserAccount -Filter "LocalAccount=TRUE AND SID LIKE \'S-1-5-21-%-500\'"',
  "[Console]::Out.WriteLine(\"machine-id $($account.SID -replace '-500$', '')\")",
].join('\r\n')

/** Who a Windows machine is: its SID. Throws BuildFailed when it does not say. */
export async function readWindowsIdentity(reached: Reached): Promise<Identity> {
  const outcome = await runPowerShell(reached, { script: identityScript, timeoutMs: 300_000 })
  const identity = parseIdentity(outcome.stdout)
  if (identity.machineId) return identity
  throw new BuildFailed(`the machine does not say who it is: ${reasonOf(outcome)}`)
}

/** The built-in gate of every Windows image: it was generalised, nothing of its making is in it, and it is a healthy machine. */
export async function runWindowsHygiene(reached: Reached): Promise<HygieneReport> {
  const { context, connection } = reached
  const script = renderHygieneScript({
    trialKey: connection.host.transport === 'ssh' ? readPublicKey(connection.host.identityFile) : '',
    trialThumbprint: connection.host.certificateThumbprint ?? '',
    buildUser: connection.host.user,
    now: Math.round(Date.now() / 1000),
  })
  const outcome = await runPowerShell(reached, { script, timeoutMs })
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
