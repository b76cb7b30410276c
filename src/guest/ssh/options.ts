import { join } from 'node:path'
import { quoteShell, quoteSshConfig } from '../../core/quote.ts'
import type { Host } from '../../model/host.ts'

/** The machine that `ssh` connects to. */
export interface SshTarget extends Pick<Host, 'address' | 'port' | 'user' | 'identityFile' | 'knownHostsFile' | 'proxyCommand'> {
  /** The name of its host keys in the file of known hosts, where that is not its address. */
  readonly hostKeyAlias?: string
}

/** How `ssh` connects. */
export interface SshSettings {
  /** Socket of the shared connection. Without it, each command opens its own connection. */
  readonly controlPath?: string
  /** The shared connection stays open however long it is idle. */
  readonly keepsOpen?: boolean
  /** Save the host key of the first contact. Only for a machine on this computer: nobody is between the two. */
  readonly learnsHostKey?: boolean
  /** Connect straight to the port, although it is a forwarded one: the caller finds out itself when the machine does not accept. */
  readonly isDirect?: boolean
  readonly connectSeconds?: number
}

/** How long an idle connection stays, in seconds: longer than the pause between two steps. */
const persist = 120

/** Options of every `ssh`, up to the address: no configuration of the user, a pinned host key, the build's key only. */
export function sshArguments(target: SshTarget, settings: SshSettings = {}): string[] {
  const proxyCommand = target.proxyCommand ?? (settings.isDirect ? undefined : patientCommand(target))
  const options = {
    BatchMode: 'yes',
    PreferredAuthentications: 'publickey',
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    IdentityFile: quoteSshConfig(target.identityFile),
    StrictHostKeyChecking: settings.learnsHostKey ? 'accept-new' : 'yes',
    UserKnownHostsFile: quoteSshConfig(target.knownHostsFile),
    GlobalKnownHostsFile: '/dev/null',
    UpdateHostKeys: 'no',
    CheckHostIP: 'no',
    ...(target.hostKeyAlias === undefined ? {} : { HostKeyAlias: target.hostKeyAlias }),
    // A proxy command retries by itself. And a busy machine greets slowly, more slowly with each new attempt.
    ConnectTimeout: String(settings.connectSeconds ?? (proxyCommand === undefined ? 12 : 60)),
    ServerAliveInterval: '5',
    ServerAliveCountMax: '6',
    ...(settings.controlPath === undefined ? {} : sharing(settings.controlPath, settings.keepsOpen)),
    // The default key exchange costs an emulated processor a quarter of a second more.
    KexAlgorithms: '^curve25519-sha256',
    LogLevel: 'ERROR',
    ...(proxyCommand === undefined ? {} : { ProxyCommand: proxyCommand }),
  }
  const settled = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  return ['-F', 'none', ...settled, '-p', String(target.port), '-l', target.user]
}

function sharing(controlPath: string, keepsOpen = false): Record<string, string> {
  return { ControlMaster: 'auto', ControlPath: quoteSshConfig(controlPath), ControlPersist: keepsOpen ? 'yes' : String(persist) }
}

/** For a loopback address: that is a forwarded port, which accepts connections even while its machine is down. */
function patientCommand({ address }: SshTarget): string | undefined {
  if (address !== '127.0.0.1') return undefined
  const words = [process.execPath, join(import.meta.dirname, 'patient-connection.ts')].map((word) => quoteShell(word).replaceAll('%', '%%'))
  return `${words.join(' ')} %h %p`
}
