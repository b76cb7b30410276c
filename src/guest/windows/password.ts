import { constants, createPrivateKey, privateDecrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cloud } from '../../cloud/cloud.ts'
import { BuildFailed, MissingError, messageOf } from '../../core/errors.ts'
import type { Family } from '../../model/family.ts'
import type { Host } from '../../model/host.ts'
import { passwordVariable, type StepContext } from '../context.ts'

/** How often a cloud is asked, in ms. */
const interval = 15_000

/**
 * The administrator's password: from the family's secrets where it gives one, else from the cloud, which has it some
 * minutes after the first boot. It is decrypted in memory and must stay there. Throws BuildFailed past the deadline.
 */
export async function waitForPassword(
  { secrets, signal, request }: Pick<StepContext, 'secrets' | 'signal' | 'request'>,
  host: Host,
  cloud: Pick<Cloud, 'findPasswordData'> & { readonly deadlineMs: number; readonly intervalMs?: number },
): Promise<string> {
  const given = secrets.variables[passwordVariable]
  if (given !== undefined) return given
  if (!cloud.findPasswordData) throw nobodyKnows(request.family, request.cloud)
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

/** Throws MissingError where a family's machines want a password that nobody will give: asked before anything is created. */
export function requirePassword(family: Family, cloud: Pick<Cloud, 'name' | 'findPasswordData'>): void {
  const wanted = family.os === 'windows' && family.login.transport === 'psrp'
  if (wanted && !cloud.findPasswordData && !(passwordVariable in family.configure.secrets)) throw nobodyKnows(family, cloud.name)
}

function nobodyKnows(family: Family, cloud: string): MissingError {
  return new MissingError(`${family.name}: the password of ${family.login.user} is not known: the cloud ${cloud} gives none out`, {
    hint: `name it in family.yaml: configure: {secrets: {${passwordVariable}: {env: WINDOWS_PASSWORD}}}`,
  })
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
