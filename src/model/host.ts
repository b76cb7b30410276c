import type { Login } from './family.ts'

/** How to reach an instance. Holds paths to secrets, never secrets. */
export interface Host {
  /** The cloud's own id of the instance. */
  readonly instanceId: string
  readonly transport: Login['transport']
  readonly address: string
  readonly port: number
  readonly user: string
  /** Private key of the build, 0600. */
  readonly identityFile: string
  readonly knownHostsFile: string
  /** Socket of a connection that the cloud has opened already; the next handshake is saved by sharing it. */
  readonly controlPath?: string
  /** An OpenSSH ProxyCommand, where the instance is not reached directly. */
  readonly proxyCommand?: string
  /** SHA-1 thumbprint of the listener's certificate, where the transport is PSRP. */
  readonly certificateThumbprint?: string
}

export interface KeyPair {
  readonly publicKey: string
  readonly identityFile: string
}
