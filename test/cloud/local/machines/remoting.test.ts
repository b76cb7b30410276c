import { describe, expect, it } from 'vitest'
import type { LocalMachine } from '../../../../src/cloud/local/machines/machine.ts'
import { waitForRemoting } from '../../../../src/cloud/local/machines/remoting.ts'
import { findProcess } from '../../../../src/core/process-identity.ts'
import { withWsman } from '../../../helpers/wsman.ts'

const by = { user: 'Administrator', identityFile: '/k', knownHostsFile: '/h' }
const tags = { tool: 'bakehouse', family: 'win', version: '1', build: 'b', stage: 'base', expires: '' } as const
const wsman = withWsman()

const machine = (about: Partial<LocalMachine> = {}): LocalMachine => {
  const process_ = findProcess(process.pid)
  return { id: 'vm-1', tags, image: 'i', sshPort: wsman.port, runtimeFolder: '/r', ...(process_ ? { process: process_ } : {}), ...about }
}

describe('a local Windows machine', () => {
  it('is ready when it answers WSMan, and its certificate is then pinned', async () => {
    const host = await waitForRemoting(machine(), { ...by, loginTimeoutSeconds: 30 }, AbortSignal.timeout(60_000))
    expect(host).toMatchObject({
      transport: 'psrp',
      address: '127.0.0.1',
      port: wsman.port,
      certificateThumbprint: wsman.certificate.thumbprint,
    })
  })

  it('is reported with the requirements of its image if it does not answer', async () => {
    const wait = waitForRemoting(machine({ sshPort: 1 }), { ...by, loginTimeoutSeconds: 1 }, AbortSignal.timeout(60_000))
    await expect(wait).rejects.toMatchObject({
      message: expect.stringContaining('cannot log in to the machine'),
      hint: expect.stringContaining('port 5986'),
    })
  })

  it('is not waited for after it has ended', async () => {
    const gone = machine({ process: { pid: process.pid, started: '1' } })
    await expect(waitForRemoting(gone, { ...by, loginTimeoutSeconds: 600 }, AbortSignal.timeout(60_000))).rejects.toThrow(
      'stopped unexpectedly',
    )
  })
})
