import { describe, expect, it } from 'vitest'
import { renderWindowsUserData } from '../../../src/cloud/aws/windows-user-data.ts'
import { type Case, orSkipped, pwsh, runOnMachines } from '../../helpers/powershell.ts'

const text = renderWindowsUserData({ transport: 'ssh', publicKey: 'ssh-rsa KEY', hostKey: 'HOST KEY' })
const script = /<powershell>\r\n([\s\S]*)<\/powershell>/.exec(text)?.[1] ?? ''
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
  offline: { before: `${noServer}; $Machine.broken = @{ 'Add-WindowsCapability' = '0x800f0950' }`, at },
  again: { before: "$Machine.registry['HKLM:\\SOFTWARE\\Bakehouse'] = @{ SshdStart = 'Manual' }", at },
} satisfies Record<string, Case>

describe.skipIf(!pwsh)(`user data of Windows for OpenSSH${orSkipped}`, { timeout: 900_000 }, () => {
  it('opens sshd with the rights that it needs, stores what the base had, and tells the console why it cannot', () => {
    const { withServer, withoutServer, offline, again } = runOnMachines(script + print, cases)
    expect(JSON.parse(withServer.stdout)).toEqual({ SshdStart: 'Manual', SshdConfig: 'Port 22 # base', DefaultShell: 'cmd.exe' })
    expect(withServer.read('ProgramData/ssh/administrators_authorized_keys')).toBe('ssh-rsa KEY\n')
    expect(withServer.read('ProgramData/ssh/ssh_host_ed25519_key')).toBe('HOST KEY\n')
    expect(withServer.read('ProgramData/ssh/ssh_host_rsa_key')).toBeUndefined()
    const rights = '*S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-11:(OI)(CI)RX'
    expect(withServer.done).toEqual(expect.arrayContaining([`rights ssh ${rights}`, `rights logs ${rights}`, 'open 22', 'start sshd']))
    expect(withServer.done).not.toContain('install sshd')
    expect(JSON.parse(withoutServer.stdout)).toEqual({ SshdStart: 'Absent' })
    expect(withoutServer.done).toContain('install sshd')
    expect(offline.thrown).toBe('OpenSSH could not be installed: 0x800f0950')
    expect(offline.done.at(-1)).toBe('console bakehouse: sshd is not ready: OpenSSH could not be installed: 0x800f0950')
    expect(JSON.parse(again.stdout), 'for the check no-build-settings').toMatchObject({ Leftover: 'HKLM:\\SOFTWARE\\Bakehouse' })
  })
})
