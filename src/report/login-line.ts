import { quoteShell, quoteSshConfig } from '../core/quote.ts'
import { identityFilesOf } from '../core/ssh-key.ts'
import type { Host } from '../model/host.ts'

/** The command that logs in to a kept machine, and until when the machine is kept. `until`: ISO 8601. */
export function renderLogin(host: Host, until: string): string {
  return `${host.transport === 'ssh' ? renderSsh(host) : renderRemoting(host)}  (until ${until})`
}

function renderSsh({ identityFile, knownHostsFile, proxyCommand, port, user, address }: Host): string {
  const proxy = proxyCommand ? ` -o ProxyCommand=${quoteShell(proxyCommand)}` : ''
  // ssh(1) replaces tokens such as %h in these paths, too.
  const keys = identityFilesOf(identityFile).map((file) => `-i ${quoteShell(file.replaceAll('%', '%%'))}`)
  return `ssh ${keys.join(' ')} -o UserKnownHostsFile=${quoteShell(quoteSshConfig(knownHostsFile))}${proxy} -p ${port} ${user}@${address}`
}

/** The certificate is self-signed and PowerShell cannot pin it. The line contains its thumbprint, so that the user can compare it. */
function renderRemoting({ address, port, user, proxyCommand, certificateThumbprint, identityFile }: Host): string {
  const session = `Enter-PSSession -ComputerName ${address} -Port ${port} -UseSSL -Credential ${user}`
  const unsigned = '-SessionOption (New-PSSessionOption -SkipCACheck -SkipCNCheck)'
  const through = proxyCommand ? `; through: ${proxyCommand}` : ''
  return `${session} ${unsigned}  (certificate ${certificateThumbprint}; key that decrypts the password: ${identityFile}${through})`
}
