import { defined } from '../../core/defined.ts'
import { programBeside } from '../../core/paths.ts'
import { quoteShell, quoteSshConfig } from '../../core/quote.ts'
import { identityFilesOf } from '../../core/ssh-key.ts'
import type { Host } from '../../model/host.ts'

/** The machine that `ssh` connects to. */
export interface SshTarget extends Pick<Host, 'address' | 'port' | 'user' | 'identityFile' | 'knownHostsFile' | 'proxyCommand'> {
  /** The name of the machine in the known_hosts file, if it is not the address. */
  readonly hostKeyAlias?: string
}

/** How `ssh` connects. */
export interface SshSettings {
  /** Socket of the shared connection. Without it, each command opens its own connection. */
  readonly controlPath?: string
  /** Keep the shared connection open, no matter how long it is idle. */
  readonly keepsOpen?: boolean
  /** Accept and store the host key on the first connection. Only for machines on this computer, where nothing can intercept it. */
  readonly learnsHostKey?: boolean
  /** Connect directly to a forwarded port, without `patient-connection.ts`. The caller checks whether the machine accepts. */
  readonly isDirect?: boolean
  readonly connectSeconds?: number
}

/** Time until an idle shared connection is closed, in seconds. It is longer than the pause between two steps. */
const persist = 120

/** The arguments of each `ssh`, up to the address: no configuration of the user, a pinned host key, only the keys of the build. */
export function sshArguments(target: SshTarget, settings: SshSettings = {}): string[] {
  const proxyCommand = target.proxyCommand ?? (settings.isDirect ? undefined : patientCommand(target))
  const options = {
    BatchMode: 'yes',
    PreferredAuthentications: 'publickey',
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    StrictHostKeyChecking: settings.learnsHostKey ? 'accept-new' : 'yes',
    UserKnownHostsFile: quoteSshConfig(target.knownHostsFile),
    GlobalKnownHostsFile: '/dev/null',
    UpdateHostKeys: 'no',
    CheckHostIP: 'no',
    ...defined({ HostKeyAlias: target.hostKeyAlias }),
    // Longer with a proxy command, because it retries by itself, and because a busy machine answers slowly.
    ConnectTimeout: String(settings.connectSeconds ?? (proxyCommand === undefined ? 12 : 60)),
    ServerAliveInterval: '5',
    ServerAliveCountMax: '6',
    ...(settings.controlPath && sharing(settings.controlPath, settings.keepsOpen)),
    // With emulation, the default key exchange takes a quarter of a second more.
    KexAlgorithms: '^curve25519-sha256',
    LogLevel: 'ERROR',
    ...defined({ ProxyCommand: proxyCommand }),
  }
  const keys = identityFilesOf(target.identityFile).flatMap((file) => ['-o', `IdentityFile=${quoteSshConfig(file)}`])
  const settled = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  return ['-F', 'none', ...keys, ...settled, '-p', String(target.port), '-l', target.user]
}

function sharing(controlPath: string, keepsOpen = false): Record<string, string> {
  return { ControlMaster: 'auto', ControlPath: quoteSshConfig(controlPath), ControlPersist: keepsOpen ? 'yes' : String(persist) }
}

/** The proxy command for a loopback address. Its port is forwarded by QEMU, which accepts connections even while the machine is down. */
function patientCommand({ address }: SshTarget): string | undefined {
  if (address !== '127.0.0.1') return undefined
  const words = [process.execPath, programBeside(import.meta, 'patient-connection')].map((word) => quoteShell(word).replaceAll('%', '%%'))
  return `${words.join(' ')} %h %p`
}
