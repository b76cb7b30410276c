import { constants, createPrivateKey, privateDecrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { BuildFailed, MissingError, messageOf } from '../../core/errors.ts'
import type { Host } from '../../core/model.ts'
import type { StepContext } from '../context.ts'

/** Asks a cloud for the administrator's password of an instance, encrypted to its key pair (base64); undefined while there is none. */
export type FindPasswordData = (instanceId: string, signal: AbortSignal) => Promise<string | undefined>

/** The variable of a family's `configure.secrets` that gives the password of a machine whose cloud does not. */
export const passwordVariable = 'ansible_password'

/** How often a cloud is asked, in ms. */
const interval = 15_000

/**
 * The administrator's password: from the family's secrets where it gives one, else from the cloud, which has it some
 * minutes after the first boot. It is decrypted in memory and must stay there. Throws BuildFailed past the deadline.
 */
export async function waitForPassword(
  { secrets, signal, request }: Pick<StepContext, 'secrets' | 'signal' | 'request'>,
  host: Host,
  cloud: { readonly findPasswordData?: FindPasswordData; readonly deadlineMs: number; readonly intervalMs?: number },
): Promise<string> {
  const given = secrets.variables[passwordVariable]
  if (given !== undefined) return given
  if (!cloud.findPasswordData) {
    throw new MissingError(`${request.family.name}: the password of ${host.user} is not known: the cloud ${request.cloud} gives none out`, {
      hint: `name it in family.yaml: configure: {secrets: {${passwordVariable}: {env: WINDOWS_PASSWORD}}}`,
    })
  }
  const end = Date.now() + cloud.deadlineMs
  for (;;) {
    const data = await cloud.findPasswordData(host.instanceId, signal)
    if (data) return decryptPassword(data, host.identityFile)
    if (Date.now() >= end) {
      throw new BuildFailed(`${host.instanceId} has no administrator password after ${Math.round(cloud.deadlineMs / 60_000)} min`, {
        hint: 'the base image must run EC2Launch at its first boot, with a random administrator password',
      })
    }
    await sleep(Math.min(cloud.intervalMs ?? interval, Math.max(1, end - Date.now())), undefined, { signal })
  }
}

/** Decrypts what `GetPasswordData` gave with the private key of the build (RSA, PEM). Throws BuildFailed; nothing secret is in it. */
export function decryptPassword(data: string, identityFile: string): string {
  try {
    const key = createPrivateKey(readFileSync(identityFile))
    if (key.asymmetricKeyType !== 'rsa') throw new Error(`the key is ${key.asymmetricKeyType ?? 'of no kind'}, expected rsa`)
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(data.trim(), 'base64')).toString('utf8')
  } catch (cause) {
    throw new BuildFailed(`the administrator password cannot be decrypted with the build's key: ${messageOf(cause)}`, { cause })
  }
}
