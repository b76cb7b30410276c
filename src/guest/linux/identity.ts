import { RejectedError } from '../../core/errors.ts'
import { lastLine } from '../../core/exec.ts'
import { type Identity, parseIdentity } from '../identity.ts'
import type { Session } from '../session.ts'
import { runInGuest } from '../ssh/ssh.ts'

/** Prints an identity, one `key value` a line. */
const identityScript = `
echo "machine-id $(cat /etc/machine-id 2>/dev/null)"
for key in /etc/ssh/ssh_host_*_key.pub; do [ -f "$key" ] && echo "host-key $(cat "$key")"; done
true`

/** The identity of a running Linux machine. */
export async function readLinuxIdentity({ context, connection }: Session): Promise<Identity> {
  const result = await runInGuest(connection, identityScript, { signal: context.signal, timeoutMs: 60_000 })
  if (result.exitCode === 0) return parseIdentity(result.stdout)
  throw new RejectedError(`the machine-id and the host keys could not be read: ${lastLine(result)}`)
}
