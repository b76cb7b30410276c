import { quoteShell } from '../core/quote.ts'
import { identityFilesOf } from '../core/ssh-key.ts'
import type { Connection } from '../guest/ssh/ssh.ts'

/** The name of the machine in the configuration of InSpec. */
export const targetName = 'bakehouse'

type Target = Pick<Connection, 'host' | 'options' | 'variables'>

/** The configuration with which InSpec connects. It uses only connections whose host key or certificate was verified. */
export function inspecConfig(connection: Target, password: string | undefined): object {
  const { host, variables } = connection
  if (host.transport === 'psrp') {
    const proxy = { host: '127.0.0.1', port: variables?.ansible_port, user: host.user, password }
    return config('winrm', { ...proxy, ssl: true, self_signed: false, ca_trust_file: variables?.ansible_psrp_ca_cert })
  }
  const login = { host: host.address, port: host.port, user: host.user, key_files: identityFilesOf(host.identityFile) }
  return config('ssh', { ...login, non_interactive: true, proxy_command: innerCommand(connection) })
}

/**
 * InSpec does not check host keys, so it must not connect over the network. It connects to a server through the verified SSH connection:
 * on Linux a separate sshd on standard input, because hardened images do not forward ports; on Windows the port of the running sshd.
 */
function innerCommand({ host, options, variables }: Target): string {
  const windows = variables?.ansible_shell_type === 'powershell'
  const inner = windows ? ['-W', `127.0.0.1:22`, host.address] : [host.address, '--', host.user === 'root' ? sshd : `sudo -n ${sshd}`]
  return ['ssh', ...options, ...inner].map(quoteShell).join(' ')
}

const sshd = '/usr/sbin/sshd -i'

function config(transport: 'ssh' | 'winrm', credentials: object): object {
  return { version: '1.2', credentials: { [transport]: { [targetName]: credentials } } }
}
