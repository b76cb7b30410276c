import { describe, expect, it } from 'vitest'
import type { Host } from '../../src/model/host.ts'
import { renderLogin } from '../../src/report/login-line.ts'

const host: Host = {
  ...{ instanceId: 'i-1', transport: 'ssh', address: '10.0.0.5', port: 22, user: 'admin', identityFile: '/b/keys/trial' },
  knownHostsFile: '/b/keys/known',
}
const remoting: Host = { ...host, transport: 'psrp', port: 5986, user: 'Administrator', certificateThumbprint: 'AB12' }

describe('the login command of a kept machine', () => {
  it.each([
    ['with ssh', host, 'ssh -i /b/keys/trial -o UserKnownHostsFile=/b/keys/known -p 22 admin@10.0.0.5  (until T)'],
    ['with ssh through a proxy command', { ...host, proxyCommand: 'nc %h %p' }, "-o ProxyCommand='nc %h %p' -p 22 admin@10.0.0.5"],
    [
      'with ssh and files in a folder whose name needs quoting',
      { ...host, identityFile: "/it's 100%/key", knownHostsFile: "/it's 100%/known" },
      `ssh -i '/it'\\''s 100%%/key' -o UserKnownHostsFile='"/it'\\''s 100%%/known"' -p`,
    ],
    ['with PowerShell remoting', remoting, 'Enter-PSSession -ComputerName 10.0.0.5 -Port 5986 -UseSSL -Credential Administrator'],
    [
      'with PowerShell remoting, and the thumbprint to compare',
      remoting,
      '(certificate AB12; key that decrypts the password: /b/keys/trial)',
    ],
    ['with PowerShell remoting through a proxy command', { ...remoting, proxyCommand: 'nc %h %p' }, '; through: nc %h %p)  (until T)'],
  ])('%s', (_what, given, line) => {
    expect(renderLogin(given, 'T')).toContain(line)
  })
})
