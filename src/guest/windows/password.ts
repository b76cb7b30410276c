import { constants, createPrivateKey, privateDecrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { MissingError, messageOf, RejectedError } from '../../core/errors.ts'
import type { Family } from '../../model/family.ts'
import type { Host } from '../../model/host.ts'
import { passwordVariable, type StepContext } from '../context.ts'

/**
 * The administrator's password: from the secrets of the family, else from the cloud, which has it some minutes after the first boot. It is
 * decrypted in memory and must not be written anywhere. Throws RejectedError after the deadline.
 */
export async function waitForPassword(
  context: Pick<StepContext, 'secrets' | 'signal' | 'request' | 'loadPasswordSource'>,
  host: Host,
  { deadlineMs, intervalMs = 15_000 }: { readonly deadlineMs: number; readonly intervalMs?: number },
): Promise<string> {
  const { secrets, signal, request } = context
  const given = secrets.variables[passwordVariable]
  if (given !== undefined) return given
  const findPasswordData = await context.loadPasswordSource()
  if (!findPasswordData) throw unknownPassword(request.family, request.cloud)
  const end = Date.now() + deadlineMs
  for (;;) {
    const data = await findPasswordData(host.instanceId, signal)
    if (data) return decryptPassword(data, host.identityFile)
    if (Date.now() >= end) {
      throw new RejectedError(`${host.instanceId} has no administrator password after ${Math.round(deadlineMs / 60_000)} min`, {
        hint: 'the base image must run EC2Launch at its first boot, with a random administrator password',
      })
    }
    await sleep(Math.min(intervalMs, Math.max(1, end - Date.now())), undefined, { signal })
  }
}

/** Throws MissingError if machines need a password that neither the family nor the cloud provides. */
export function requirePassword(family: Family, cloud: { readonly name: string; readonly findPasswordData?: unknown }): void {
  if (family.login.transport === 'psrp' && !cloud.findPasswordData && !(passwordVariable in family.configure.secrets))
    throw unknownPassword(family, cloud.name)
}

function unknownPassword(family: Family, cloud: string): MissingError {
  return new MissingError(`${family.name}: the password of ${family.login.user} is unknown: the cloud ${cloud} provides none`, {
    hint: `set it in family.yaml: configure: {secrets: {${passwordVariable}: {env: WINDOWS_PASSWORD}}}`,
  })
}

/** Decrypts the answer of `GetPasswordData` with the private key of the build (RSA, PEM). Throws RejectedError; its text has no secrets. */
export function decryptPassword(data: string, identityFile: string): string {
  try {
    const key = createPrivateKey(readFileSync(identityFile))
    if (key.asymmetricKeyType !== 'rsa') throw new Error(`the key has the type ${key.asymmetricKeyType ?? 'unknown'}, expected rsa`)
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(data.trim(), 'base64')).toString('utf8')
  } catch (cause) {
    throw new RejectedError(`the administrator password cannot be decrypted with the key of the build: ${messageOf(cause)}`, { cause })
  }
}
