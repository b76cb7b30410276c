import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { messageOf, RejectedError } from '../../core/errors.ts'
import { openPipe, type Pipe } from '../../core/pipe.ts'
import type { Host } from '../../model/host.ts'
import { normaliseThumbprint } from './certificate.ts'

/** A WinRM endpoint of a machine. */
export type Endpoint = Pick<Host, 'address' | 'port' | 'certificateThumbprint' | 'proxyCommand'>

/**
 * Opens a TLS connection and compares the certificate with the pinned thumbprint before any data is sent. Authority and name of
 * the certificate are not checked. Throws RejectedError on another certificate.
 */
export function openPinned(endpoint: Endpoint, timeoutMs: number): Promise<TLSSocket> {
  const { address, port } = endpoint
  const expected = normaliseThumbprint(endpoint.certificateThumbprint ?? '')
  return new Promise((resolve, reject) => {
    const { target, pipe } = targetOf(endpoint)
    const socket = connect({ ...target, rejectUnauthorized: false, timeout: timeoutMs })
    const fail = (error: Error): void => {
      socket.destroy()
      pipe?.stream.destroy()
      void (pipe?.said() ?? Promise.resolve('')).then((output) => reject(withOutput(error, output)))
    }
    // After the handshake, errors reach the code that reads from the socket.
    socket.on('error', fail)
    socket.once('close', () => {
      pipe?.stream.destroy()
      fail(new Error(`${address}:${port} closed the connection`))
    })
    socket.once('timeout', () => fail(new Error(`no answer from ${address}:${port} within ${Math.round(timeoutMs / 1000)} s`)))
    socket.once('secureConnect', () => {
      const presented = normaliseThumbprint(socket.getPeerX509Certificate()?.fingerprint ?? '')
      if (expected.length === 40 && presented === expected) return resolve(socket.setTimeout(0))
      reject(wrongCertificate(address, port, { expected, presented }))
      socket.destroy()
    })
  })
}

function withOutput(error: Error, output: string): Error {
  return output === '' ? error : new Error(`${error.message}: ${output}`, { cause: error })
}

/** Reads the thumbprint of an endpoint. Safe only for machines on the loopback interface, where no other computer can intercept it. */
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

/** A ProxyCommand with its tokens `%h`, `%p` and `%%` replaced. */
export function fillProxyCommand(command: string, { address, port }: Pick<Endpoint, 'address' | 'port'>): string {
  return command.replace(/%[hp%]/g, (token) => ({ '%h': address, '%p': String(port), '%%': '%' })[token] ?? token)
}

/** The target of a TLS connection: the machine, or a proxy command that connects to it. */
function targetOf(endpoint: Endpoint): { readonly target: ConnectionOptions; readonly pipe?: Pipe } {
  const { address, port, proxyCommand } = endpoint
  if (proxyCommand === undefined) return { target: { host: address, port } }
  const pipe = openPipe(fillProxyCommand(proxyCommand, endpoint))
  return { target: { socket: pipe.stream }, pipe }
}

/** The WSMan request `Identify`. It is the only one that needs no login. */
const identify = [
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">',
  '<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>',
].join('')

/** Sends `Identify` to an endpoint with a pinned certificate. Returns its product version; throws if it is no WSMan endpoint. */
export async function identifyEndpoint(endpoint: Endpoint, timeoutMs: number): Promise<string> {
  const socket = await openPinned(endpoint, timeoutMs)
  const head = ['POST /wsman HTTP/1.1', `Host: ${endpoint.address}:${endpoint.port}`, 'WSMANIDENTIFY: unauthenticated', 'Connection: close']
  const rest = ['Content-Type: application/soap+xml;charset=UTF-8', `Content-Length: ${Buffer.byteLength(identify)}`, '', identify]
  socket.write([...head, ...rest].join('\r\n'))
  const answer = await readAll(socket, timeoutMs)
  if (!/^HTTP\/1\.[01] 200/.test(answer) || !answer.includes('IdentifyResponse')) {
    throw new Error(`${endpoint.address}:${endpoint.port} is no WSMan endpoint: ${answer.split('\r\n')[0] || 'the answer was empty'}`)
  }
  return /<(?:\w+:)?ProductVersion>([^<]*)</.exec(answer)?.[1]?.trim() ?? ''
}

/** Waits until an endpoint answers. A wrong certificate ends the wait immediately, because it will not change. */
export async function waitForEndpoint(endpoint: Endpoint, deadlineMs: number, signal: AbortSignal): Promise<void> {
  const end = Date.now() + deadlineMs
  for (;;) {
    try {
      await identifyEndpoint(endpoint, Math.max(1_000, Math.min(20_000, end - Date.now())))
      return
    } catch (error) {
      if (error instanceof RejectedError) throw error
      signal.throwIfAborted()
      if (Date.now() >= end) {
        const where = `${endpoint.address}:${endpoint.port}`
        throw new RejectedError(`no PowerShell remoting on ${where} within ${Math.round(deadlineMs / 1000)} s: ${messageOf(error)}`, {
          cause: error,
        })
      }
    }
    await sleep(Math.min(5_000, Math.max(1, end - Date.now())), undefined, { signal })
  }
}

function wrongCertificate(address: string, port: number, { expected, presented }: { expected: string; presented: string }): RejectedError {
  const pinned = expected.length === 40 ? `the pinned one is ${expected}` : 'no thumbprint is pinned'
  return new RejectedError(`${address}:${port} presents a certificate with the thumbprint ${presented || '(none)'}; ${pinned}`, {
    hint: 'check that the machine ran the user data of the build, and that no proxy replaces certificates; no data was sent',
  })
}

async function readAll(socket: TLSSocket, timeoutMs: number): Promise<string> {
  const timer = setTimeout(() => socket.destroy(new Error('the answer took too long')), timeoutMs)
  const chunks: Buffer[] = []
  try {
    for await (const chunk of socket) chunks.push(chunk as Buffer)
  } finally {
    clearTimeout(timer)
    // A half-closed stream would keep its command running, and this process too.
    socket.destroy()
  }
  return Buffer.concat(chunks).toString('utf8')
}
