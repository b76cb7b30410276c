import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RejectedError } from '../../core/errors.ts'
import { failureOf } from '../../core/exec.ts'
import { addHostKeys, type Identity, parseIdentity } from '../identity.ts'
import type { Session } from '../session.ts'
import { readPresentedKeys } from '../ssh/presented-keys.ts'
import { runInGuest } from '../ssh/ssh.ts'

/** The functions of logins.sh. */
export const loginFunctions = (): string => readFileSync(join(import.meta.dirname, 'logins.sh'), 'utf8')

/** A script that prints the identity, one `key value` per line. */
const identityScript = `
echo "machine-id $(cat /etc/machine-id 2>/dev/null)"
read_sshd
print_host_keys
true`

/** Reads the identity of a running Linux machine: the identifiers that it prints, and the host keys that it presents. */
export async function readLinuxIdentity({ context, connection }: Session): Promise<Identity> {
  const { signal } = context
  const [result, presented] = await Promise.all([
    runInGuest(connection, `${loginFunctions()}\n${identityScript}`, { signal, timeoutMs: 60_000 }),
    readPresentedKeys(connection, signal),
  ])
  if (result.exitCode === 0) return addHostKeys(parseIdentity(result.stdout), presented)
  throw new RejectedError(`the machine-id and the host keys could not be read: ${failureOf(result)}`)
}
