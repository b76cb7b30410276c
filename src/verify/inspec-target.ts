import { quoteShell } from '../core/quote.ts'
import type { Connection } from '../guest/ssh/ssh.ts'

/** The name of the machine in InSpec's configuration. */
export const targetName = 'bakehouse'

type Way = Pick<Connection, 'host' | 'options' | 'variables'>

/** How InSpec reaches the machine: never by a connection whose other end is not known. */
export function inspecConfig(connection: Way, password: string | undefined): object {
  const { host, variables } = connection
  if (host.transport === 'psrp') {
    const door = { host: '127.0.0.1', port: variables?.ansible_port, user: host.user, password }
    return config('winrm', { ...door, ssl: true, self_signed: false, ca_trust_file: variables?.ansible_psrp_ca_cert })
  }
  const login = { host: host.address, port: host.port, user: host.user, key_files: [host.identityFile] }
  return config('ssh', { ...login, non_interactive: true, proxy_command: innerCommand(connection) })
}

/**
 * InSpec checks no host key, so it is given no network: it speaks to a server inside the connection that is pinned. On Linux that
 * is an sshd of its own on standard input, as hardened images forward no ports; on Windows the port of the one that runs.
 */
function innerCommand({ host, options, variables }: Way): string {
  const windows = variables?.ansible_shell_type === 'powershell'
  const inner = windows ? ['-W', `127.0.0.1:22`, host.address] : [host.address, '--', host.user === 'root' ? sshd : `sudo -n ${sshd}`]
  return ['ssh', ...options, ...inner].map(quoteShell).join(' ')
}

const sshd = '/usr/sbin/sshd -i'

function config(transport: 'ssh' | 'winrm', credentials: object): object {
  return { version: '1.2', credentials: { [transport]: { [targetName]: credentials } } }
}
