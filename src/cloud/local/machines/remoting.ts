import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, RejectedError } from '../../../core/errors.ts'
import { identifyEndpoint, readThumbprint } from '../../../guest/psrp/psrp.ts'
import type { Host } from '../../../model/host.ts'
import { isMachineRunning, type LocalMachine } from './machine.ts'
import type { InstanceInputs } from './spec.ts'

/**
 * Waits until a Windows machine accepts PowerShell remoting. The certificate comes from the image; it is read on the first connection, over
 * the loopback interface, and pinned from then on. Throws RejectedError with the requirements of the image.
 */
export async function waitForRemoting(
  machine: LocalMachine,
  spec: Pick<InstanceInputs, 'user' | 'identityFile' | 'knownHostsFile' | 'loginTimeoutSeconds'>,
  signal: AbortSignal,
): Promise<Host> {
  const { user, identityFile, knownHostsFile, loginTimeoutSeconds } = spec
  const endpoint = { address: '127.0.0.1', port: machine.sshPort }
  let why = 'its port did not answer'
  for (const deadline = Date.now() + loginTimeoutSeconds * 1000; Date.now() < deadline; await sleep(2_000, undefined, { signal })) {
    if (!isMachineRunning(machine)) throw loginError('the machine stopped unexpectedly')
    try {
      const certificateThumbprint = await readThumbprint(endpoint, 20_000)
      await identifyEndpoint({ ...endpoint, certificateThumbprint }, 30_000)
      return { instanceId: machine.id, transport: 'psrp', ...endpoint, user, identityFile, knownHostsFile, certificateThumbprint }
    } catch (error) {
      why = messageOf(error)
    }
  }
  throw loginError(`${why} within ${loginTimeoutSeconds} s`)
}

function loginError(why: string): RejectedError {
  return new RejectedError(`cannot log in to the machine: ${why}`, {
    hint: 'the image must boot with UEFI without user input, from virtio devices (or machine: {devices: standard}), and have a WinRM listener for HTTPS on port 5986 that the firewall allows',
  })
}
