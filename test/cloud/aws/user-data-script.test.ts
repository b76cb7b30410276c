import { describe, expect, it } from 'vitest'
import { renderWindowsUserData } from '../../../src/cloud/aws/windows-user-data.ts'
import { makeCertificate, packCertificate } from '../../../src/guest/psrp/certificate.ts'
import { type Case, orSkipped, pwsh, runOnMachines } from '../../helpers/powershell.ts'

const scriptOf = (spec: Parameters<typeof renderWindowsUserData>[0]): string =>
  /<powershell>\r\n([\s\S]*)<\/powershell>/.exec(renderWindowsUserData(spec))?.[1] ?? ''
const script = scriptOf({ transport: 'ssh', publicKey: 'ssh-rsa KEY', hostKey: 'HOST KEY' })
const at = 'Temp/UserScript.ps1'
const print = "\n[Console]::Out.WriteLine(($Machine.registry['HKLM:\\SOFTWARE\\Bakehouse'] | ConvertTo-Json -Compress))"
const noServer = "$Machine.services.Remove('sshd')"

const cases = {
  withServer: {
    before: "$Machine.registry['HKLM:\\SOFTWARE\\OpenSSH'] = @{ DefaultShell = 'cmd.exe' }",
    files: { 'ProgramData/ssh/sshd_config': 'Port 22 # base', 'ProgramData/ssh/ssh_host_rsa_key': 'old' },
    at,
  },
  withoutServer: { before: noServer, at },
  repaired: {
    before: `${noServer}; $Machine.broken = @{ 'Add-WindowsCapability' = '0x800f0950' }
      $global:Pauses = 0; $global:WhileAsleep = { if (++$global:Pauses -eq 2) { $Machine.broken = @{} } }`,
    at,
  },
  offline: { before: `${noServer}; $Machine.broken = @{ 'Add-WindowsCapability' = '0x800f0950' }`, at },
  again: { before: "$Machine.registry['HKLM:\\SOFTWARE\\Bakehouse'] = @{ SshdStart = 'Manual' }", at },
} satisfies Record<string, Case>

describe.skipIf(!pwsh)(`user data of Windows for OpenSSH${orSkipped}`, { timeout: 900_000 }, () => {
  it('opens sshd with the rights that it needs, stores what the base had, and tells the console why it cannot', () => {
    const { withServer, withoutServer, repaired, offline, again } = runOnMachines(script + print, cases)
    expect(JSON.parse(withServer.stdout)).toEqual({ SshdStart: 'Manual', SshdConfig: 'Port 22 # base', DefaultShell: 'cmd.exe' })
    expect(withServer.read('ProgramData/ssh/administrators_authorized_keys')).toBe('ssh-rsa KEY\n')
    expect(withServer.read('ProgramData/ssh/ssh_host_ed25519_key')).toBe('HOST KEY\n')
    expect(withServer.read('ProgramData/ssh/ssh_host_rsa_key')).toBeUndefined()
    const rights = '*S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-11:(OI)(CI)RX'
    expect(withServer.done).toEqual(expect.arrayContaining([`rights ssh ${rights}`, `rights logs ${rights}`, 'open 22', 'start sshd']))
    expect(withServer.done).not.toContain('install sshd')
    expect(JSON.parse(withoutServer.stdout)).toEqual({ SshdStart: 'Absent' })
    expect(withoutServer.done).toContain('install sshd')
    expect(repaired.done.at(-1), 'Windows Update failed twice').toBe('console bakehouse: sshd is ready')
    expect(offline.thrown).toBe('OpenSSH could not be installed: 0x800f0950')
    expect(offline.done.at(-1)).toBe('console bakehouse: sshd is not ready: OpenSSH could not be installed: 0x800f0950')
    expect(JSON.parse(again.stdout), 'for the check no-build-settings').toMatchObject({ Leftover: 'HKLM:\\SOFTWARE\\Bakehouse' })
  })
})

describe.skipIf(!pwsh)(`user data of Windows for PowerShell remoting${orSkipped}`, { timeout: 900_000 }, () => {
  const open = "$Machine.wsman = @{ AllowUnencrypted = 'true'; Basic = 'true' }"
  const listener = "$Machine.listeners = @(@{ Transport = 'HTTPS'; Address = '*'; Port = '5986'; CertificateThumbprint = 'BASE' })"

  it('opens WinRM with the certificate of the build only, stores what the base had, and tells the console why it cannot', async () => {
    const made = await makeCertificate('test')
    const given = { transport: 'psrp', pfx: await packCertificate(made, 'pass'), pfxPassword: 'pass' } as const
    const { base, refused } = runOnMachines(scriptOf({ ...given, thumbprint: made.thumbprint }) + print, {
      base: { before: `${open}; ${listener}`, at },
      refused: { before: "$Machine.broken = @{ 'New-Item' = 'Access is denied' }", at },
    })
    const { WinrmListener, ...stored } = JSON.parse(base.stdout)
    expect(stored).toEqual({ WinrmStart: 'Automatic', WinrmUnencrypted: 'true', WinrmBasic: 'true' })
    expect(JSON.parse(WinrmListener)).toEqual({ Address: '*', Port: '5986', CertificateThumbprint: 'BASE' })
    expect(base.done).toEqual([
      'certificate CN=bakehouse-test',
      ...['service WinRM Automatic', 'start WinRM', 'remove listeners', `listener HTTPS * 5986 ${made.thumbprint}`],
      ...['winrm AllowUnencrypted false', 'winrm Basic false', 'open 5986', 'console bakehouse: WinRM is ready'],
    ])
    expect(refused.thrown).toBe('Access is denied')
    expect(refused.done.at(-1)).toBe('console bakehouse: WinRM is not ready: Access is denied')
    const { other } = runOnMachines(scriptOf({ ...given, thumbprint: 'A'.repeat(40) }), { other: { at } })
    expect(other.done, 'nothing is opened with another certificate').toEqual([
      `console bakehouse: WinRM is not ready: the certificate is ${made.thumbprint}`,
    ])
  })
})
