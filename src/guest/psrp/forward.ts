import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { makeCertificate } from './certificate.ts'
import { type Endpoint, openPinned } from './psrp.ts'

/** A TLS port on the loopback of this computer. It forwards to one Windows machine, and only to that one. */
export interface Forward extends AsyncDisposable {
  readonly port: number
  /** The certificate of the port, in PEM. Clients must trust only this one. */
  readonly certificate: string
  /** Why the last connection was not forwarded. */
  readonly lastError: () => Error | undefined
}

/**
 * Opens the port. Ansible and InSpec can check the authority and the name of a certificate, but not its thumbprint. So they connect
 * to this port, over TLS with a certificate made for this run, and each connection is forwarded only to a machine whose
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
  // Also connections without a finished TLS handshake: the server does not close while one of them is open.
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
  if (address === null || typeof address === 'string') throw new Error('the forward has no port')
  return address.port
}
