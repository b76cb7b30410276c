import { parseDuration } from '../../core/duration.ts'
import { messageOf, RejectedError } from '../../core/errors.ts'
import type { Host } from '../../model/host.ts'
import { renderSshArguments } from '../ansible/inventory.ts'
import { passwordVariable, type StepContext } from '../context.ts'
import { writeHostFile } from '../host-file.ts'
import { findConsoleMessage } from '../powershell/console.ts'
import { openForward } from '../psrp/forward.ts'
import { waitForEndpoint } from '../psrp/psrp.ts'
import type { OpenSession } from '../session.ts'
import { connect } from '../ssh/ssh.ts'
import { waitForPassword } from './password.ts'
import { windowsPsrpVariables, windowsSshVariables } from './variables.ts'

/**
 * Opens a session on a Windows machine: over SSH, with the key of the build and a pinned host key; or over PowerShell remoting, with a
 * pinned certificate and the administrator's password. Only this process knows the password, and it redacts it in all output.
 */
export async function openWindowsSession(context: StepContext, host: Host): Promise<OpenSession> {
  const connection = connect(host, context.folder)
  if (host.transport === 'ssh') {
    const variables = windowsSshVariables(host, renderSshArguments(connection.options))
    return { context, connection: { ...connection, variables }, async [Symbol.asyncDispose]() {} }
  }
  const deadlineMs = parseDuration(context.request.family.login.timeout)
  await waitForEndpoint(host, deadlineMs, context.signal).catch((error: unknown) => explain(error, context, host))
  const secret = await openSecret(context, host, deadlineMs)
  const forward = await openForward(host)
  const certificateFile = writeHostFile(context.folder, host, { name: 'forward.pem', text: forward.certificate })
  return {
    context: secret,
    connection: { ...connection, variables: windowsPsrpVariables(host, { port: forward.port, certificateFile }) },
    [Symbol.asyncDispose]: () => forward[Symbol.asyncDispose](),
  }
}

/** Adds what the machine wrote to its console: it says why its user data could not open the connection. */
async function explain(error: unknown, context: StepContext, host: Host): Promise<never> {
  const message = error instanceof RejectedError ? findConsoleMessage(await context.readConsole(host.instanceId)) : undefined
  if (message === undefined) throw error
  throw new RejectedError(`${messageOf(error)}; the console of the machine shows: ${message}`, { cause: error })
}

async function openSecret(context: StepContext, host: Host, deadlineMs: number): Promise<StepContext> {
  return withPassword(context, await waitForPassword(context, host, { deadlineMs }))
}

/**
 * Returns the context with the password as an additional secret. Ansible reads it from the file of secret variables. The redactor of the
 * step knows it too, so that no output of the step contains it, including error messages.
 */
export function withPassword(context: StepContext, password: string): StepContext {
  context.redactor.learn(password)
  return { ...context, secrets: { ...context.secrets, variables: { ...context.secrets.variables, [passwordVariable]: password } } }
}
