import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { BuildFailed, messageOf } from '../../core/errors.ts'
import { openPipe, type Pipe } from '../../core/pipe.ts'
import type { Host } from '../../model/host.ts'
import { normaliseThumbprint } from './certificate.ts'

export type Endpoint = Pick<Host, 'address' | 'port' | 'certificateThumbprint' | 'proxyCommand'>

/**
 * Opens a TLS connection and compares the certificate with the pinned thumbprint before a byte is sent over it.
 * Authorities and names do not count: the thumbprint does. Throws BuildFailed on another certificate.
 */
export function openPinned(endpoint: Endpoint, timeoutMs: number): Promise<TLSSocket> {
  const { address, port } = endpoint
  const expected = normaliseThumbprint(endpoint.certificateThumbprint ?? '')
  return new Promise((resolve, reject) => {
    const { way, pipe } = wayTo(endpoint)
    const socket = connect({ ...way, rejectUnauthorized: false, timeout: timeoutMs })
    const fail = (error: Error): void => {
      socket.destroy()
      pipe?.stream.destroy()
      void (pipe?.said() ?? Promise.resolve('')).then((said) => reject(withWords(error, said)))
    }
    // What breaks once it is open, whoever reads finds out.
    socket.on('error', fail)
    socket.once('close', () => {
      pipe?.stream.destroy()
      fail(new Error(`${address}:${port} closed the connection`))
    })
    socket.once('timeout', () => fail(new Error(`no answer from ${address}:${port} within ${Math.round(timeoutMs / 1000)} s`)))
    socket.once('secureConnect', () => {
      const presented = normaliseThumbprint(socket.getPeerX509Certificate()?.fingerprint ?? '')
      if (expected.length === 40 && presented === expected) return resolve(socket.setTimeout(0))
      reject(strange(address, port, { expected, presented }))
      socket.destroy()
    })
  })
}

function withWords(error: Error, said: string): Error {
  return said === '' ? error : new Error(`${error.message}: ${said}`, { cause: error })
}

/** The thumbprint that an endpoint presents: for a machine reached over this machine's own loopback, where nobody is in between. */
export function readThumbprint({ address, port }: Pick<Endpoint, 'address' | 'port'>, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, rejectUnauthorized: false, timeout: timeoutMs })
    socket.once('error', reject)
    socket.once('timeout', () => socket.destroy(new Error(`no answer from ${address}:${port} within ${Math.round(timeoutMs / 1000)} s`)))
    socket.once('secureConnect', () => {
      resolve(normaliseThumbprint(socket.getPeerX509Certificate()?.fingerprint ?? ''))
      socket.destroy()
    })
  })
}

/** The words of a ProxyCommand that stand for where it leads. */
export function fillProxyCommand(command: string, { address, port }: Pick<Endpoint, 'address' | 'port'>): string {
  return command.replace(/%[hp%]/g, (token) => ({ '%h': address, '%p': String(port), '%%': '%' })[token] ?? token)
}

/** Straight to the machine, or through a command's standard input and output. */
function wayTo(endpoint: Endpoint): { readonly way: ConnectionOptions; readonly pipe?: Pipe } {
  const { address, port, proxyCommand } = endpoint
  if (proxyCommand === undefined) return { way: { host: address, port } }
  const pipe = openPipe(fillProxyCommand(proxyCommand, endpoint))
  return { way: { socket: pipe.stream }, pipe }
}

/** What `Identify` asks: the only request that WSMan answers to somebody unknown. */
const identify = [
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">',
  '<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>',
].join('')

/** Asks an endpoint, over its pinned certificate, whether it speaks WSMan; its product version. Throws when it does not. */
export async function identifyEndpoint(endpoint: Endpoint, timeoutMs: number): Promise<string> {
  const socket = await openPinned(endpoint, timeoutMs)
  const head = ['POST /wsman HTTP/1.1', `Host: ${endpoint.address}:${endpoint.port}`, 'WSMANIDENTIFY: unauthenticated', 'Connection: close']
  const rest = ['Content-Type: application/soap+xml;charset=UTF-8', `Content-Length: ${Buffer.byteLength(identify)}`, '', identify]
  socket.write([...head, ...rest].join('\r\n'))
  const answer = await readAll(socket, timeoutMs)
  if (!/^HTTP\/1\.[01] 200/.test(answer) || !answer.includes('IdentifyResponse')) {
    throw new Error(`${endpoint.address}:${endpoint.port} does not speak WSMan: ${answer.split('\r\n')[0] || 'it said nothing'}`)
  }
  return /<(?:\w+:)?ProductVersion>([^<]*)</.exec(answer)?.[1]?.trim() ?? ''
}

/** Waits until an endpoint answers. A wrong certificate ends the wait at once: it will not become the right one. */
export async function waitForEndpoint(endpoint: Endpoint, deadlineMs: number, signal: AbortSignal): Promise<void> {
  const end = Date.now() + deadlineMs
  for (;;) {
    try {
      await identifyEndpoint(endpoint, Math.max(1_000, Math.min(20_000, end - Date.now())))
      return
    } catch (error) {
      if (error instanceof BuildFailed) throw error
      signal.throwIfAborted()
      if (Date.now() >= end) {
        const where = `${endpoint.address}:${endpoint.port}`
        throw new BuildFailed(`no PowerShell remoting on ${where} within ${Math.round(deadlineMs / 1000)} s: ${messageOf(error)}`, {
          cause: error,
        })
      }
    }
    await sleep(Math.min(5_000, Math.max(1, end - Date.now())), undefined, { signal })
  }
}

function strange(address: string, port: number, { expected, presented }: { expected: string; presented: string }): BuildFailed {
  const pinned = expected.length === 40 ? `the pinned one is ${expected}` : 'no thumbprint is pinned'
  return new BuildFailed(`${address}:${port} presents a certificate with the thumbprint ${presented || '(none)'}; ${pinned}`, {
    hint: 'somebody is in between, or the machine did not run the build’s user data; nothing was sent to it',
  })
}

async function readAll(socket: TLSSocket, timeoutMs: number): Promise<string> {
  const timer = setTimeout(() => socket.destroy(new Error('the answer took too long')), timeoutMs)
  const chunks: Buffer[] = []
  try {
    for await (const chunk of socket) chunks.push(chunk as Buffer)
  } finally {
    clearTimeout(timer)
    // A stream that is only half closed would keep its command, and with it this process, for ever.
    socket.destroy()
  }
  return Buffer.concat(chunks).toString('utf8')
}
