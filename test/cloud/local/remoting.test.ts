import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LocalInstance } from '../../../src/cloud/local/instances/instance.ts'
import { waitForRemoting } from '../../../src/cloud/local/instances/remoting.ts'
import { findProcess } from '../../../src/core/process-identity.ts'
import { type Certificate, makeCertificate } from '../../../src/steps/windows/certificate.ts'

const by = { user: 'Administrator', identityFile: '/k', knownHostsFile: '/h' }
const tags = { tool: 'bakehouse', family: 'win', version: '1', build: 'b', stage: 'base', expires: '' } as const
let certificate: Certificate
let server: Server
let sshPort: number

beforeAll(async () => {
  certificate = await makeCertificate('image')
  server = createServer({ key: certificate.key, cert: certificate.certificate }, (_request, response) => {
    response.end('<s:Envelope><wsmid:IdentifyResponse/></s:Envelope>')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  sshPort = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

const instance = (about: Partial<LocalInstance> = {}): LocalInstance => {
  const process_ = findProcess(process.pid)
  return { id: 'vm-1', tags, image: 'i', sshPort, runtimeFolder: '/r', ...(process_ ? { process: process_ } : {}), ...about }
}

describe('a Windows machine of this computer', () => {
  it('is reached when it speaks WSMan, and its certificate is pinned from then on', async () => {
    const host = await waitForRemoting(instance(), { ...by, loginTimeoutSeconds: 30 }, AbortSignal.timeout(60_000))
    expect(host).toMatchObject({ transport: 'psrp', address: '127.0.0.1', port: sshPort, certificateThumbprint: certificate.thumbprint })
  })

  it('says what its image must have when it does not', async () => {
    const wait = waitForRemoting(instance({ sshPort: 1 }), { ...by, loginTimeoutSeconds: 1 }, AbortSignal.timeout(60_000))
    await expect(wait).rejects.toMatchObject({
      message: expect.stringContaining('never came up'),
      hint: expect.stringContaining('port 5986'),
    })
  })

  it('is not waited for once it has ended', async () => {
    const gone = instance({ process: { pid: process.pid, started: '1' } })
    await expect(waitForRemoting(gone, { ...by, loginTimeoutSeconds: 600 }, AbortSignal.timeout(60_000))).rejects.toThrow('ended by itself')
  })
})
