import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderScript } from '../../../src/guest/powershell/script.ts'
import { parseAnswer } from '../../../src/guest/windows/answer.ts'
import { identityScript } from '../../../src/guest/windows/identity.ts'
import { judgeReadiness, type Readiness } from '../../../src/guest/windows/readiness.ts'
import type { SealState } from '../../../src/guest/windows/seal.ts'
import { type Case, orSkipped, pwsh, runOnMachines } from '../../helpers/powershell.ts'

const script = (name: string): string => renderScript(join(import.meta.dirname, `../../../src/guest/windows/scripts/${name}.ps1`))
const registry = (key: string, values: string): string =>
  `$Machine.registry['HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\${key}'] = @{ ${values} }`
const store = (name: string, about: string): string =>
  `[pscustomobject] @{ Name = '${name}'; PackageFullName = '${name}_1.0_x64'; PackageUserInformation = @([pscustomobject] @{ InstallState = 'Installed' }); ${about} }`

const machines = {
  good: {
    before: [
      "$Machine.installers = @('C:\\Windows\\system32\\msiexec.exe /V')",
      `$Machine.packages = @(${[store('Edge', ''), store('Part', 'IsFramework = $true'), store('Shell', "SignatureKind = 'System'")].join(', ')})`,
      "$Machine.provisioned = @('Edge'); $Machine.volumes = @([pscustomobject] @{ DriveLetter = 'C:'; ConversionStatus = 0 })",
    ].join('\n'),
  },
  // An installation over SSH or WinRM runs in session 0, as the service of Windows Installer does.
  installing: { before: "$Machine.installers = @('msiexec.exe /i agent.msi /qn'); $Machine.processes = @('TiWorker')" },
  waiting: {
    before: [
      registry('Component Based Servicing\\RebootPending', 'a = 1'),
      registry('WindowsUpdate\\Auto Update\\RebootRequired', 'a = 1'),
    ].join('\n'),
  },
  halfSetUp: { before: registry('Setup\\State', "ImageState = 'IMAGE_STATE_UNDEPLOYABLE'") },
  packages: { before: `$Machine.packages = @(${store('Contoso.App', '')})` },
  // The protection of the drive is off, but it is still encrypted.
  encrypted: { before: "$Machine.volumes = @([pscustomobject] @{ DriveLetter = 'C:'; ConversionStatus = 1; ProtectionStatus = 0 })" },
  usedUp: { before: '$Machine.rearms = 0' },
  // Not every edition has the store, BitLocker and the licensing service.
  core: {
    before:
      "$Machine.broken = @{ 'Get-AppxPackage' = 'not supported'; 'Get-CimInstance Win32_EncryptableVolume' = 'no class'; 'Get-CimInstance SoftwareLicensingService' = 'no class' }",
  },
} satisfies Record<string, Case>

describe.skipIf(!pwsh)(`the script that reads whether Windows can be generalised${orSkipped}`, { timeout: 900_000 }, () => {
  it('lets a good machine pass, and finds each reason for which Sysprep would refuse a machine', () => {
    const outcomes = runOnMachines(script('check'), machines)
    const answers = Object.entries(outcomes).map(([name, { stdout }]) => [name, judgeReadiness(parseAnswer<Readiness>(stdout))])
    const refused = (why: string, fatal = true): object => ({ ready: false, fatal, why: `the machine cannot be generalised: ${why}` })
    expect(Object.fromEntries(answers)).toMatchObject({
      good: { ready: true },
      installing: refused('msiexec, TiWorker did not end in time', false),
      waiting: refused('a reboot is pending (Component Based Servicing, Windows Update)'),
      halfSetUp: refused('its ImageState is IMAGE_STATE_UNDEPLOYABLE, expected IMAGE_STATE_COMPLETE'),
      packages: refused('Sysprep cannot run with packages that are installed for one user only (Contoso.App_1.0_x64)'),
      encrypted: refused('Sysprep cannot run with encrypted drives (C:)'),
      usedUp: refused('its licence cannot be reset any more (RemainingWindowsReArmCount is 0)'),
      core: { ready: true },
    })
  })
})

describe.skipIf(!pwsh)(`the scripts that read a running machine${orSkipped}`, { timeout: 900_000 }, () => {
  it('print the state of generalising: the note of a failure, ImageState, and the ends of the logs', () => {
    const panther = 'Windows/System32/Sysprep/Panther'
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\r\n')
    const { running, failed } = runOnMachines(script('watch'), {
      running: { before: "$Machine.processes = @('sysprep')", files: { [`${panther}/setupact.log`]: 'Info SYSPRP\r\n' } },
      failed: {
        files: {
          'Windows/Temp/bakehouse-seal.json': '{"why":"Sysprep failed","closed":"Ssh: sshd does not start"}',
          [`${panther}/setuperr.log`]: lines,
        },
      },
    })
    expect(parseAnswer<SealState>(running.stdout)).toEqual({
      ...{ why: '', closed: '', imageState: 'IMAGE_STATE_COMPLETE', running: true, errors: '', actions: 'Info SYSPRP' },
    })
    const state = parseAnswer<SealState>(failed.stdout)
    expect(state).toMatchObject({ why: 'Sysprep failed', closed: 'Ssh: sshd does not start', running: false })
    expect(state.errors.split('\n')).toHaveLength(40)
    expect(state.errors).toMatch(/line 49$/)
  })

  it('print the SID of the machine without the number of the account', () => {
    const { machine } = runOnMachines(identityScript, { machine: {} })
    expect(machine.stdout.trim()).toBe('machine-id S-1-5-21-4-5-6')
  })
})
