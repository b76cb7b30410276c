import { join } from 'node:path'
import type { CaseResult } from '../../model/suite-result.ts'
import { type HygieneReport, judge, parseHygiene } from '../hygiene.ts'
import { findBaseIdentity, type Identity, parseIdentity } from '../identity.ts'
import { type PowerShellOutcome, reasonOf, runPowerShell } from '../powershell/powershell.ts'
import { renderScript } from '../powershell/script.ts'
import type { Session } from '../session.ts'
import { readPublicKey } from '../ssh/keys.ts'

/** Time-out of the checks, in ms. PowerShell starts slowly after a first boot. */
const timeoutMs = 600_000

/** Runs the hygiene checks on a Windows machine: it was generalised, has no traces of its build, and is healthy. */
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

/** Parses the output of the script. If the script did not run to its end, the report has a problem, even if all checks so far passed. */
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

/** The script, with its variables set in lines before it. */
export function renderHygieneScript(known: {
  readonly trialKey: string
  readonly trialThumbprint: string
  readonly buildUser: string
  readonly now: number
}): string {
  const { trialKey, trialThumbprint, buildUser, now } = known
  const variables = { TrialKey: trialKey, TrialThumbprint: trialThumbprint, BuildUser: buildUser, Now: now }
  return renderScript(join(import.meta.dirname, 'scripts/hygiene.ps1'), variables)
}

/** Checks that generalising has given the machine a new SID. */
function compareSid(trial: Identity, base: Identity | undefined): CaseResult {
  const check = 'machine-id-differs-from-base'
  const compared = judge(
    check,
    base?.machineId || undefined,
    base?.machineId !== trial.machineId,
    `the base machine has the same: ${trial.machineId}`,
  )
  return trial.machineId ? compared : { ...compared, status: 'error', message: 'the SID of the machine could not be read' }
}
