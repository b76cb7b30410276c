import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { makeCertificate } from './certificate.ts'
import { type Endpoint, openPinned } from './psrp.ts'

/** A door on this machine's loopback that leads to one Windows machine, and to no other. */
export interface Forward extends AsyncDisposable {
  readonly port: number
  /** PEM: what a client of the door must trust, and nothing else. */
  readonly certificate: string
  /** Why the last connection was not passed on. */
  readonly lastError: () => Error | undefined
}

/**
 * Opens the door. Ansible and InSpec can check a certificate's authority and name, but not its thumbprint; they come in
 * here, over TLS with a certificate made for this run, and each of their connections goes on only over a connection whose
 * certificate is the pinned one.
 */
export async function openForward(endpoint: Endpoint, timeoutMs = 30_000): Promise<Forward> {
  const own = await makeCertificate('forward')
  const sockets = new Set<Socket>()
  let lastError: Error | undefined
  const server = createServer({ key: own.key, cert: own.certificate }, (inner) => {
    inner.pause()
    inner.on('error', () => inner.destroy())
    openPinned(endpoint, timeoutMs).then(
      (outer) => join(inner, outer, sockets),
      (error: Error) => {
        lastError = error
        inner.destroy()
      },
    )
  })
  server.on('tlsClientError', () => {})
  // Those that have not shaken hands yet count too: the door is not shut while one of them is open.
  server.on('connection', (socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
  await new Promise<void>((done, failed) => server.once('error', failed).listen(0, '127.0.0.1', done))
  return {
    port: portOf(server),
    certificate: own.certificate,
    lastError: () => lastError,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}

function join(inner: TLSSocket, outer: TLSSocket, sockets: Set<Socket>): void {
  if (inner.destroyed) return void outer.destroy()
  sockets.add(outer)
  outer.once('close', () => {
    sockets.delete(outer)
    inner.destroy()
  })
  outer.on('error', () => outer.destroy())
  inner.once('close', () => outer.destroy())
  inner.pipe(outer)
  outer.pipe(inner)
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the door has no port')
  return address.port
}
