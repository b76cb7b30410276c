import type { Login } from './family.ts'

/** How to connect to a machine. It contains paths of secrets, never secrets. */
export interface Host {
  /** The ID of the machine in its cloud. */
  readonly instanceId: string
  readonly transport: Login['transport']
  readonly address: string
  readonly port: number
  readonly user: string
  /** Private key of the build (a file with mode 0600). */
  readonly identityFile: string
  readonly knownHostsFile: string
  /** Control socket of an open SSH connection. Sharing it saves a handshake. */
  readonly controlPath?: string
  /** An OpenSSH ProxyCommand, if there is no direct connection. */
  readonly proxyCommand?: string
  /** SHA-1 thumbprint of the WinRM certificate, if the transport is PSRP. */
  readonly certificateThumbprint?: string
}

/** An SSH key pair of a build. */
export interface KeyPair {
  /** One line, or two if there is a second key for machines that refuse the first one. */
  readonly publicKey: string
  readonly identityFile: string
}
