import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { findIngress, portOf, requireReach, routeOf } from '../../../src/cloud/aws/route.ts'
import { MissingError, RejectedError } from '../../../src/core/errors.ts'
import { certificateArguments, normaliseThumbprint } from '../../../src/guest/psrp/certificate.ts'
import { openForward } from '../../../src/guest/psrp/forward.ts'
import { fillProxyCommand, identifyEndpoint, readThumbprint, waitForEndpoint } from '../../../src/guest/psrp/psrp.ts'
import type { Family } from '../../../src/model/family.ts'
import { withWsman } from '../../helpers/wsman.ts'

const wrong = 'AB'.repeat(20)
/** Time-out of a request that gets an answer, in ms. Long, because a busy computer answers late. */
const patience = 100_000
const wsman = withWsman()
const { requests } = wsman

const endpoint = (certificateThumbprint = wsman.certificate.thumbprint) => ({
  address: '127.0.0.1',
  port: wsman.port,
  certificateThumbprint,
})

describe('the certificate', () => {
  it('is valid for the loopback addresses, and is not a certificate authority', () => {
    const parsed = new X509Certificate(wsman.certificate.certificate)
    expect(parsed.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(parsed.checkIssued(parsed)).toBe(true)
    expect(Date.parse(parsed.validTo) - Date.now()).toBeLessThan(8 * 86_400_000)
    expect(wsman.certificate.thumbprint).toMatch(/^[0-9A-F]{40}$/)
  })

  it('is made by a command without secrets in its arguments', () => {
    expect(certificateArguments({ name: 'n', key: '/k', certificate: '/c' })).toEqual(
      expect.arrayContaining(['-x509', '-nodes', '/CN=n', '/k', '/c']),
    )
  })

  it.each([
    ['aa:BB:0c', 'AABB0C'],
    [' aabb0c ', 'AABB0C'],
  ])('has the same thumbprint in any notation: %s', (text, plain) => {
    expect(normaliseThumbprint(text)).toBe(plain)
  })
})

describe('the endpoint', () => {
  it('is accepted with the right thumbprint, and answers WSMan', async () => {
    expect(await identifyEndpoint(endpoint(), patience)).toBe('OS: 0.0.0 SP: 0.0 Stack: 3.0')
    expect(await readThumbprint(endpoint(), patience)).toBe(wsman.certificate.thumbprint)
  })

  it.each([
    ['another thumbprint', wrong],
    ['no thumbprint', ''],
    ['half of the thumbprint', () => wsman.certificate.thumbprint.slice(0, 20)],
  ])('gets no data if %s is pinned', async (_what, pinned) => {
    const before = requests.length
    const thumbprint = typeof pinned === 'function' ? pinned() : pinned
    await expect(identifyEndpoint(endpoint(thumbprint), patience)).rejects.toThrow(/presents a certificate with the thumbprint/)
    expect(requests).toHaveLength(before)
  })

  it('is not waited for if it has another certificate', async () => {
    const ended = waitForEndpoint(endpoint(wrong), patience, AbortSignal.timeout(patience)).catch((error: unknown) => error)
    expect(await ended).toBeInstanceOf(RejectedError)
    expect(String(await ended), 'the certificate, and not the end of the wait').toContain('presents a certificate with the thumbprint')
  })

  it('is waited for until the deadline', async () => {
    const nobody = { address: '127.0.0.1', port: 1, certificateThumbprint: wrong }
    await expect(waitForEndpoint(nobody, 300, AbortSignal.timeout(60_000))).rejects.toThrow(/no PowerShell remoting on 127.0.0.1:1 within/)
  })

  it('can be reached through a proxy command', async () => {
    const relay = `${process.execPath} -e "const s=require('net').connect(%p,'%h');process.stdin.pipe(s);s.pipe(process.stdout)"`
    expect(await identifyEndpoint({ ...endpoint(), proxyCommand: relay }, patience)).toContain('Stack')
  })

  it('fails with the message of a proxy command that ends immediately', async () => {
    const ended = identifyEndpoint({ ...endpoint(), proxyCommand: 'sh -c "echo no such host >&2; exit 1"' }, patience)
    await expect(ended).rejects.toThrow(/: no such host$/)
  })

  it('replaces the tokens in a proxy command', () => {
    expect(fillProxyCommand('aws --target %h --parameters portNumber=%p 100%%', { address: 'i-1', port: 5986 })).toBe(
      'aws --target i-1 --parameters portNumber=5986 100%',
    )
  })
})

describe('the local TLS proxy', () => {
  /** The answer that a client of the proxy gets. The client trusts only the certificate of the proxy. */
  async function askThrough(door: { port: number; certificate: string }): Promise<string> {
    const socket = connectTls({ host: '127.0.0.1', port: door.port, ca: door.certificate })
    socket.write('POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString()
  }

  it('forwards to the machine with the pinned certificate', async () => {
    await using door = await openForward(endpoint())
    expect(await askThrough(door)).toMatch(/^HTTP\/1.1 401/)
    expect(await askThrough(door)).toMatch(/^HTTP\/1.1 401/)
  })

  it('forwards nothing if the machine has another certificate', async () => {
    const before = requests.length
    await using door = await openForward(endpoint(wrong))
    await askThrough(door).catch(() => '')
    expect(requests).toHaveLength(before)
    expect(door.lastError()?.message).toContain(wrong)
  })

  it('has a self-signed certificate', async () => {
    await using door = await openForward(endpoint())
    await expect(askThrough({ port: door.port, certificate: wsman.certificate.certificate })).rejects.toThrow()
  })

  it('closes its port and all connections when it is disposed', async () => {
    const door = await openForward(endpoint())
    const inner = connectTls({ host: '127.0.0.1', port: door.port, ca: door.certificate })
    const closed = new Promise((done) => inner.once('close', done).once('error', () => {}))
    await new Promise((done) => inner.once('secureConnect', done))
    await door[Symbol.asyncDispose]()
    await closed
    await expect(once(connect(door.port, '127.0.0.1'), 'connect')).rejects.toThrow()
  })
})

describe('with Session Manager', () => {
  const tools = join(import.meta.dirname, '../../fixtures/windows/bin')
  const route = routeOf('ssm', { instanceId: 'i-0abc', publicIp: '', privateIp: '10.0.0.5', region: 'eu-central-1' })
  const port = portOf({ login: { transport: 'psrp' } } as Family)
  const tunnelled = (certificateThumbprint = wsman.certificate.thumbprint) => ({ ...route, port, certificateThumbprint })
  const open = (machine = 'i-0abc'): void => {
    vi.stubEnv('PATH', `${tools}:${process.env.PATH}`)
    vi.stubEnv('FAKE_SESSION', `${machine} 5986:${wsman.port}`)
  }
  afterEach(() => vi.unstubAllEnvs())

  it('the machine is reached by its ID on the port of PowerShell remoting, and none of its ports is open', async () => {
    open()
    expect(await identifyEndpoint(tunnelled(), patience)).toContain('Stack')
    expect(await findIngress('ssm')).toBeUndefined()
  })

  it('the certificate is pinned too', async () => {
    open()
    const before = requests.length
    await expect(identifyEndpoint(tunnelled(wrong), patience)).rejects.toThrow(`the pinned one is ${wrong}`)
    expect(requests).toHaveLength(before)
  })

  it('a machine without the agent is waited for until the deadline', async () => {
    open('i-0other')
    await expect(identifyEndpoint(tunnelled(), patience)).rejects.toThrow(/: An error occurred \(TargetNotConnected\)/)
    const waited = waitForEndpoint(tunnelled(), 1_000, AbortSignal.timeout(60_000))
    await expect(waited).rejects.toThrow(/^no PowerShell remoting on i-0abc:5986 within 1 s: /)
  })

  it('two programs are required, which is checked before anything is created', () => {
    open()
    expect(() => requireReach('ssm')).not.toThrow()
    vi.stubEnv('PATH', '/nowhere')
    expect(() => requireReach('ssh')).not.toThrow()
    expect(() => requireReach('ssm')).toThrow(MissingError)
    expect(() => requireReach('ssm')).toThrow('aws and session-manager-plugin are not on the PATH')
  })
})
