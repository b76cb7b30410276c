import { chooseCloud } from '../../cloud/clouds.ts'
import { parseDuration } from '../../core/duration.ts'
import type { Host } from '../../model/host.ts'
import { renderSshArguments } from '../ansible/inventory.ts'
import { passwordVariable, type StepContext, type Way } from '../context.ts'
import { writeHostFile } from '../host-file.ts'
import { openForward } from '../psrp/forward.ts'
import { waitForEndpoint } from '../psrp/psrp.ts'
import { connect } from '../ssh/ssh.ts'
import { waitForPassword } from './password.ts'
import { windowsPsrpVariables, windowsSshVariables } from './variables.ts'

/**
 * The way to a Windows machine. Over SSH: host key pinned, the build's key. Over PowerShell remoting: the certificate pinned,
 * the password fetched here, known to this process alone, taken out of all that it writes.
 */
export async function reachWindows(context: StepContext, host: Host): Promise<Way> {
  const connection = connect(host, context.folder)
  if (host.transport === 'ssh') {
    const variables = windowsSshVariables(host, renderSshArguments(connection.options))
    return { context, connection: { ...connection, variables }, async [Symbol.asyncDispose]() {} }
  }
  const deadlineMs = parseDuration(context.request.family.login.timeout)
  await waitForEndpoint(host, deadlineMs, context.signal)
  const secret = await openSecret(context, host, deadlineMs)
  const door = await openForward(host)
  const certificateFile = writeHostFile(context.folder, host, { name: 'door.pem', text: door.certificate })
  return {
    context: secret,
    connection: { ...connection, variables: windowsPsrpVariables(host, { port: door.port, certificateFile }) },
    [Symbol.asyncDispose]: () => door[Symbol.asyncDispose](),
  }
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
