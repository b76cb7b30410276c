import { RejectedError } from '../../core/errors.ts'
import { type Identity, parseIdentity } from '../identity.ts'
import { reasonOf, runPowerShell } from '../powershell/powershell.ts'
import type { Session } from '../session.ts'

/** A script that prints the machine's part of the SIDs of its accounts. Generalising must change it. */
export const identityScript = [
  '$account = Get-CimInstance Win32_UserAccount -Filter "LocalAccount=TRUE AND SID LIKE \'S-1-5-21-%-500\'"',
  "[Console]::Out.WriteLine(\"machine-id $($account.SID -replace '-500$', '')\")",
].join('\r\n')

/** Reads the identity of a running Windows machine: its SID. Throws RejectedError if there is none. */
export async function readWindowsIdentity(session: Session): Promise<Identity> {
  const outcome = await runPowerShell(session, { script: identityScript, timeoutMs: 300_000 })
  const identity = parseIdentity(outcome.stdout)
  if (identity.machineId) return identity
  throw new RejectedError(`the SID of the machine could not be read: ${reasonOf(outcome)}`)
}
