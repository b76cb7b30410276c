import { describe, expect, it } from 'vitest'
import { windowsChecks } from '../../../src/guest/windows/checks.ts'
import { parseWindowsHygiene, renderHygieneScript } from '../../../src/guest/windows/hygiene.ts'
import type { CaseResult } from '../../../src/model/suite-result.ts'
import { type Case, orSkipped, pwsh, runOnMachines } from '../../helpers/powershell.ts'

const script = renderHygieneScript({
  trialKey: 'AAAATRIAL',
  trialThumbprint: 'CC',
  buildUser: 'Administrator',
  now: Math.round(Date.now() / 1000),
})
const state = (values: string): string =>
  `$Machine.registry['HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup\\State'] = @{ ${values} }`
const log = (...lines: string[]): string => lines.map((line) => `2026-11-23 10:00:01, ${line}`).join('\r\n')
const tag = { 'Windows/System32/Sysprep/Sysprep_succeeded.tag': '' }
const own = {
  ...tag,
  'Program Files/Amazon/SSM/credentials': 'of this machine',
  'ProgramData/ssh/administrators_authorized_keys': 'ssh-rsa AAAATRIAL bakehouse\n',
  'Users/Administrator/AppData/Local/Temp/EC2Launch123/UserScript.ps1': 'the user data of this machine',
}
const listener = "$Machine.listeners = @(@{ Transport = 'HTTPS'; CertificateThumbprint = 'XX' })"
const certificate = "$Machine.certificates = @([pscustomobject] @{ Subject = 'CN=bakehouse-base'; Thumbprint = 'XX' })"

const cases = {
  good: { files: own },
  bad: {
    before: [
      state("ImageState = 'IMAGE_STATE_UNDEPLOYABLE'"),
      "$Machine.registry['HKLM:\\SYSTEM\\Setup\\Status\\SysprepStatus'] = @{ GeneralizationState = 3 }",
      "$Machine.registry['HKLM:\\SYSTEM\\Setup'] = @{ SystemSetupInProgress = 1; OOBEInProgress = 0 }",
      "$Machine.registry['HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending'] = @{ a = 1 }",
      "$Machine.registry['HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon'] = @{ AutoAdminLogon = '1'; DefaultPassword = 'x' }",
      "$Machine.registry['HKLM:\\SOFTWARE\\Bakehouse'] = @{ Leftover = 'HKLM:\\SOFTWARE\\Bakehouse'; SshdConfig = '# Written by Bakehouse for its build' }",
      "$Machine.users += 'packer'; $Machine.guest = $true; $Machine.failed = @('Spooler'); $Machine.firewall = 'False'; $Machine.free = 1MB; $Machine.unpartitioned = 30GB",
      "$Machine.tasks = @('ansible-job'); $Machine.wsman = @{ AllowUnencrypted = 'true'; Basic = 'true' }",
      listener,
      certificate,
      '[IO.File]::SetLastWriteTime("$env:ProgramFiles/Amazon/SSM/credentials", (Get-Date).AddDays(-2))',
      '[IO.File]::SetLastWriteTime("$drive/Users/Administrator/AppData/Local/Temp/EC2Launch123", (Get-Date).AddDays(-2))',
      'function Get-Date { [CmdletBinding()] param() (Microsoft.PowerShell.Utility\\Get-Date) }',
    ].join('\n'),
    files: {
      'Windows/System32/Sysprep/Panther/setuperr.log': log("Error [0x0f0082] SYSPRP LaunchModule: Failure occurred while executing 'X'"),
      'ProgramData/ssh/administrators_authorized_keys': 'ssh-rsa AAAATRIAL bakehouse\nssh-rsa BBBB someone\n',
      'Users/Administrator/AppData/Local/Temp/EC2Launch123/UserScript.ps1': 'the user data of the base',
      'unattend.xml': '<AdministratorPassword><Value>secret</Value></AdministratorPassword>',
      'Temp/ansible.other.bakehouse/run.ps1': 'x',
      'Users/Administrator/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt': 'x',
      'Windows/MEMORY.DMP': 'x',
      'Program Files/Amazon/SSM/credentials': 'of the base',
      'Windows.old/x': 'x',
    },
  },
  harmless: {
    before: [
      "$Machine.registry['HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Session Manager'] = @{ PendingFileRenameOperations = @('a') }",
      "$Machine.users += 'ansible'",
    ].join('\n'),
    files: {
      ...own,
      'Windows/System32/Sysprep/Panther/setuperr.log': log(
        'Error SYSPRP MRTGeneralize:7 - ERROR: Failed to load',
        'Error SYSPRP boot configuration',
      ),
      'Windows/Panther/unattend.xml': '<AdministratorPassword>*SENSITIVE*DATA*DELETED*</AdministratorPassword>',
    },
  },
  broken: {
    before:
      "$Machine.broken = @{ 'Get-ChildItem' = 'Access is denied'; 'Get-Item' = 'Access is denied'; 'Get-CimInstance Win32_LogicalDisk' = 'no such class' }",
    files: own,
  },
} satisfies Record<string, Case>

describe.skipIf(!pwsh)(`the script of the hygiene checks${orSkipped}`, { timeout: 900_000 }, () => {
  const run = () => {
    const outcomes = runOnMachines(script, cases)
    return (name: keyof typeof cases): readonly CaseResult[] => {
      const report = parseWindowsHygiene(
        { stdout: outcomes[name].stdout, stderr: outcomes[name].thrown },
        { machineId: 'S-1', hostKeys: [] },
      )
      expect(report.problem).toBeUndefined()
      return report.cases
    }
  }

  it('passes a good machine, finds each fault of a bad one, shows hints, and takes what cannot be read for an error', () => {
    const casesOf = run()
    const notPassed = (name: keyof typeof cases): string[] =>
      casesOf(name)
        .filter(({ status }) => status !== 'passed')
        .map((each) => each.name)
    expect(casesOf('good').filter(({ status, message }) => status !== 'passed' || message)).toEqual([])
    const never = ['clock-correct', 'machine-id-differs-from-base', 'machine-id-differs-between-clones']
    expect(notPassed('bad').sort()).toEqual(windowsChecks.filter((check) => !never.includes(check)).sort())
    const messages = Object.fromEntries(casesOf('bad').map(({ name, message }) => [name, message]))
    expect(messages['no-build-scripts']).toMatch(/EC2Launch123|ansible\.other\.bakehouse/)
    expect(messages['no-extra-login-keys']).toContain('someone')
    expect(messages['no-build-settings']).toBe('HKLM:\\SOFTWARE\\Bakehouse; sshd_config is the one of the build')
    expect(notPassed('harmless')).toEqual([])
    const hints = casesOf('harmless').flatMap(({ name, message }) => (message ? [`${name}: ${message}`] : []))
    expect(hints).toEqual([
      expect.stringMatching(/^no-sysprep-errors: hint: .*MRTGeneralize/),
      'no-pending-reboot: hint: files will be renamed at the next reboot',
      'no-build-users: hint: the user ansible exists',
    ])
    const errors = casesOf('broken').filter(({ status }) => status === 'error')
    expect(errors.map(({ name, message }) => `${name}: ${message}`)).toEqual(
      expect.arrayContaining([
        'no-extra-winrm-listeners: Access is denied',
        'winrm-encrypted: Access is denied',
        'disk-space: no such class',
      ]),
    )
  })
})
