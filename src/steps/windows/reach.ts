import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chooseCloud } from '../../cloud/choose.ts'
import { parseDuration } from '../../core/duration.ts'
import type { Host } from '../../core/model.ts'
import { type Connection, connect, shellQuote } from '../connect.ts'
import type { StepContext } from '../context.ts'
import type { Way } from '../reach.ts'
import { openForward } from './forward.ts'
import { passwordVariable, waitForPassword } from './password.ts'
import { waitForEndpoint } from './probe.ts'
import { windowsPsrpVariables, windowsSshVariables } from './variables.ts'

/**
 * The way to a Windows machine. Over SSH: host key pinned, the build's key. Over PowerShell remoting: the certificate pinned,
 * the password fetched here, known to this process alone, taken out of all that it writes.
 */
export async function reachWindows(context: StepContext, host: Host): Promise<Way> {
  const connection = connect(host, context.folder)
  if (host.transport === 'ssh') return { context, connection: overSsh(connection), async [Symbol.asyncDispose]() {} }
  const deadlineMs = parseDuration(context.request.family.login.timeout)
  await waitForEndpoint(host, deadlineMs, context.signal)
  const secret = await openSecret(context, host, deadlineMs)
  const door = await openForward(host)
  const certificateFile = writeCertificate(context.folder, host, door.certificate)
  return {
    context: secret,
    connection: { ...connection, variables: windowsPsrpVariables(host, { port: door.port, certificateFile }) },
    [Symbol.asyncDispose]: () => door[Symbol.asyncDispose](),
  }
}

/** Options of `ssh` without those that the inventory has variables for. */
function overSsh(connection: Connection): Connection {
  const separate = ['-p', '-l']
  const { host, options } = connection
  const args = options.filter((option, index) => !separate.includes(option) && !separate.includes(options[index - 1] ?? ''))
  return { ...connection, variables: windowsSshVariables(host, args.map(shellQuote).join(' ')) }
}

async function openSecret(context: StepContext, host: Host, deadlineMs: number): Promise<StepContext> {
  const cloud = await chooseCloud(context.request.cloud)
  const findPasswordData = cloud.findPasswordData?.bind(cloud)
  const password = await waitForPassword(context, host, { deadlineMs, ...(findPasswordData ? { findPasswordData } : {}) })
  return withPassword(context, password)
}

/**
 * The same context with one more secret: it reaches Ansible by the file of secret variables. The redactor that the whole step
 * shares learns it, so that it is in nothing that is written, be it the last word on why the step failed.
 */
export function withPassword(context: StepContext, password: string): StepContext {
  context.redactor.learn(password)
  return { ...context, secrets: { ...context.secrets, variables: { ...context.secrets.variables, [passwordVariable]: password } } }
}

function writeCertificate(folder: string, host: Host, certificate: string): string {
  const file = join(folder, 'steps', `door-${host.instanceId.replace(/[^\w.-]/g, '_')}.pem`)
  writeFileSync(file, certificate, { mode: 0o600 })
  chmodSync(file, 0o600)
  return file
}
