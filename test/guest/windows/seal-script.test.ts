import { beforeAll, describe, expect, it } from 'vitest'
import { findConsoleMessage } from '../../../src/guest/powershell/console.ts'
import { renderSealScript } from '../../../src/guest/windows/seal.ts'
import { type Case, type CaseOutcome, orSkipped, pwsh, runOnMachines } from '../../helpers/powershell.ts'

const state = 'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup\\State'
/** After this many pauses of the script, something happens on the machine. */
const after = (pauses: number, what: string): string =>
  `$global:Pauses = 0; $global:WhileAsleep = { if (++$global:Pauses -eq ${pauses}) { ${what} } }`
const seals = `$Machine.registry['${state}'] = @{ ImageState = 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE' }`
/** A program that is started: it notes its arguments. */
const program = (exited: boolean, exitCode = 0): string => `
  $global:Program = [pscustomobject] @{ HasExited = $${exited}; ExitCode = ${exitCode}; Id = 7 }
  function Start-Process { param($FilePath, $ArgumentList, [switch] $PassThru) Add-Done "run $(Split-Path -Leaf $FilePath) $($ArgumentList -join ' ')"; $global:Program }`
const ssh = [
  "$Machine.registry['HKLM:\\SOFTWARE\\Bakehouse'] = @{ SshdStart = 'Manual'; SshdConfig = 'Port 22 # base'; DefaultShell = 'cmd.exe' }",
  "$Machine.registry['HKLM:\\SOFTWARE\\OpenSSH'] = @{ DefaultShell = 'powershell.exe' }",
].join('\n')
const sshFiles = {
  'ProgramData/ssh/administrators_authorized_keys': 'key',
  'ProgramData/ssh/ssh_host_ed25519_key': 'host key',
  'ProgramData/ssh/sshd_config': '# Written by Bakehouse for its build',
}
const psrp = [
  '$Machine.registry[\'HKLM:\\SOFTWARE\\Bakehouse\'] = @{ WinrmStart = \'Manual\'; WinrmUnencrypted = \'true\'; WinrmBasic = \'true\'; WinrmListener = \'{"Address":"*","Port":"5986","CertificateThumbprint":"BASE"}\' }',
  "$Machine.listeners = @(@{ Transport = 'HTTPS'; CertificateThumbprint = 'BUILD' })",
  '$key = [Security.Cryptography.RSA]::Create(2048)',
  "$request = [Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=bakehouse-base', $key, [Security.Cryptography.HashAlgorithmName]::SHA256, [Security.Cryptography.RSASignaturePadding]::Pkcs1)",
  '$Machine.certificates = @($request.CreateSelfSigned((Get-Date), (Get-Date).AddDays(1)))',
].join('\n')
const at = 'Windows/Temp/bakehouse-seal.ps1'
const agent = [
  'version: 1.1',
  'config:',
  '  - stage: postReady',
  '    tasks:',
  '    - task: startSsm',
  '    - task: installEgpuManager',
  '      inputs:',
  '        frequency: once',
  '    - task: setWallpaper',
].join('\r\n')
const launch = (accepts: boolean): string =>
  `Set-Content "$env:ProgramFiles/Amazon/EC2Launch/EC2Launch.exe" "#!/bin/sh\`necho validate >> $env:DONE\`nexit ${accepts ? 0 : 1}"; & /bin/chmod +x "$env:ProgramFiles/Amazon/EC2Launch/EC2Launch.exe"`
const withLaunch = { 'Program Files/Amazon/EC2Launch/EC2Launch.exe': '', 'ProgramData/Amazon/EC2Launch/config/agent-config.yml': agent }
const panther = (text: string): string =>
  `[void] (New-Item -ItemType Directory -Force "$env:SystemRoot/System32/Sysprep/Panther"); Set-Content "$env:SystemRoot/System32/Sysprep/Panther/setuperr.log" "${text}"`

const sessionFiles = {
  'Program Files/Amazon/SSM/credentials': 'credentials of the base machine',
  'ProgramData/Amazon/SSM/InstanceData/i-1/registration': 'x',
  'ProgramData/Amazon/ECS/data/agent.db': 'x',
}

const cases = {
  launch: {
    before: [ssh, launch(true), program(false), after(4, seals)].join('\n'),
    files: {
      ...sshFiles,
      ...withLaunch,
      'Windows/System32/config/systemprofile/AppData/Local/Temp/EC2Launch42/UserScript.ps1': 'host key',
      'Users/Administrator/AppData/Local/Temp/EC2Launch43/UserScript.ps1': 'host key',
    },
    at,
  },
  refusedConfig: { before: [launch(false), program(false)].join('\n'), files: withLaunch, at },
  v1: {
    before: [program(false), after(4, seals)].join('\n'),
    files: {
      'ProgramData/Amazon/EC2-Windows/Launch/Scripts/InitializeInstance.ps1': 'param([switch] $Schedule) Add-Done "schedule $Schedule"',
      'ProgramData/Amazon/EC2-Windows/Launch/Scripts/SysprepInstance.ps1': '',
    },
    at,
  },
  exitsWrongly: { before: [program(true, 1), after(3, seals)].join('\n'), at, files: { 'Windows/System32/Sysprep/unattend.xml': '' } },
  fails: { before: [ssh, program(true, 31)].join('\n'), files: sshFiles, at },
  sessionFails: { before: ["$Machine.services['AmazonSSMAgent'] = 'Automatic'", program(true, 31)].join('\n'), files: sessionFiles, at },
  hangs: {
    before: [psrp, program(false), after(2, panther('2026, Error [0x0f0082] SYSPRP Failure occurred while executing X'))].join('\n'),
    at,
  },
  never: {
    before: [
      program(false),
      'function Get-Date { [CmdletBinding()] param() (Microsoft.PowerShell.Utility\\Get-Date).AddHours(++$global:Hours) }',
    ].join('\n'),
    at,
  },
  wayStaysClosed: {
    before: [
      ssh,
      psrp.replace("$Machine.registry['HKLM:\\SOFTWARE\\Bakehouse'] =", '$unused ='),
      program(true, 31),
      "$Machine.broken = @{ 'Restart-Service' = 'sshd does not start' }",
    ].join('\n'),
    files: sshFiles,
    at,
  },
  installed: {
    before: ["$Machine.registry['HKLM:\\SOFTWARE\\Bakehouse'] = @{ SshdStart = 'Absent' }", program(false), after(4, seals)].join('\n'),
    files: sshFiles,
    at,
  },
} satisfies Record<string, Case>

describe.skipIf(!pwsh)(`the script that seals Windows${orSkipped}`, { timeout: 900_000 }, () => {
  let outcomes: Record<keyof typeof cases, CaseOutcome>
  beforeAll(() => {
    outcomes = runOnMachines(renderSealScript(600), cases)
  }, 900_000)
  const note = (name: keyof typeof cases): object | undefined => {
    const text = outcomes[name].read('Windows/Temp/bakehouse-seal.json')
    return text === undefined ? undefined : JSON.parse(text)
  }
  const consoleOf = (name: keyof typeof cases): string | undefined =>
    findConsoleMessage(outcomes[name].done.filter((line) => line.startsWith('console ')).join('\n'))

  it('generalises with EC2Launch v2, without the task that Server 2025 cannot run, and puts back what the base had', () => {
    const { done, read } = outcomes.launch
    expect(done).toContain('run EC2Launch.exe sysprep --clean --shutdown')
    expect(done).toContain('validate')
    expect(read('ProgramData/Amazon/EC2Launch/config/agent-config.yml')).toBe(agent.replace(/ {4}- task: installEgpu[\s\S]*once\r\n/, ''))
    expect(read('ProgramData/ssh/sshd_config')).toBe('Port 22 # base')
    expect(done).toEqual(expect.arrayContaining(['set HKLM:\\SOFTWARE\\OpenSSH DefaultShell cmd.exe', 'service sshd Manual']))
    for (const file of ['ProgramData/ssh/administrators_authorized_keys', 'ProgramData/ssh/ssh_host_ed25519_key', at])
      expect(read(file)).toBeUndefined()
    for (const file of Object.keys(cases.launch.files).filter((name) => name.includes('UserScript')))
      expect(read(file), 'user data').toBeUndefined()
    expect(done.at(-1)).toBe('shut down')
    expect(consoleOf('launch')).toBe('sealed')
    expect(note('launch')).toBeUndefined()
  })

  it('keeps the configuration of EC2Launch that EC2Launch accepts', () => {
    expect(note('refusedConfig')).toMatchObject({ why: expect.stringContaining('does not accept agent-config.yml') })
    expect(outcomes.refusedConfig.read('ProgramData/Amazon/EC2Launch/config/agent-config.yml')).toBe(agent)
  })

  it('generalises with the scripts of EC2Launch v1, so that machines of the image run their user data', () => {
    const { done } = outcomes.v1
    const order = ['schedule True', expect.stringMatching(/^run powershell\.exe .*SysprepInstance\.ps1/)]
    expect(done.filter((line) => /^(schedule|run)/.test(line))).toEqual(order)
    expect(consoleOf('v1')).toBe('sealed')
  })

  it('runs Sysprep without a question, and lets ImageState decide over its exit code', () => {
    const { done } = outcomes.exitsWrongly
    expect(done.find((line) => line.startsWith('run '))).toMatch(/^run sysprep\.exe \/generalize \/oobe \/shutdown \/quiet \/unattend:/)
    expect(note('exitsWrongly')).toBeUndefined()
    expect(done.at(-1)).toBe('shut down')
  })

  it('opens SSH again when Sysprep failed, with the settings of the build', () => {
    expect(note('fails')).toEqual({ why: 'Sysprep ended with exit code 31, and ImageState is IMAGE_STATE_COMPLETE' })
    expect(outcomes.fails.read('ProgramData/ssh/administrators_authorized_keys')).toBe('key')
    expect(outcomes.fails.read('ProgramData/ssh/ssh_host_ed25519_key')).toBe('host key')
    expect(outcomes.fails.read('ProgramData/ssh/sshd_config')).toContain('Bakehouse')
    expect(outcomes.fails.done.slice(-3)).toEqual(['service sshd Automatic', 'restart sshd', 'open 22 5986'])
    expect(consoleOf('fails')).toBe('sealing failed: Sysprep ended with exit code 31, and ImageState is IMAGE_STATE_COMPLETE')
  })

  it('ends a Sysprep that stands before a dialogue, and opens WinRM again', () => {
    const { done } = outcomes.hangs
    expect(note('hangs')).toEqual({ why: 'Sysprep failed, and ImageState is IMAGE_STATE_COMPLETE' })
    expect(done).toContain('kill EC2Launch sysprep')
    expect(done).toEqual(
      expect.arrayContaining(['winrm AllowUnencrypted true', 'winrm Basic true', 'service WinRM Manual', 'certificate CN=bakehouse-base']),
    )
    expect(done.filter((line) => line.startsWith('listener'))).toEqual([
      'listener HTTPS * 5986 BASE',
      expect.stringMatching(/^listener HTTPS \* 5986 [0-9A-F]{40}$/),
    ])
    expect(note('never')).toMatchObject({ why: expect.stringContaining('Sysprep did not end within 600 s') })
  })

  it('writes its reason before it opens a connection, opens each on its own, and names one that stays closed', () => {
    expect(note('wayStaysClosed')).toEqual({
      why: 'Sysprep ended with exit code 31, and ImageState is IMAGE_STATE_COMPLETE',
      closed: 'Ssh: sshd does not start',
    })
    const { done } = outcomes.wayStaysClosed
    const first = done.findIndex((line) => line.startsWith('console bakehouse: sealing failed'))
    expect(first).toBeLessThan(done.indexOf('open 22 5986'))
    expect(
      done.some((line) => line.startsWith('certificate')),
      'WinRM is opened all the same',
    ).toBe(true)
    expect(consoleOf('wayStaysClosed')).toContain('could not be opened again: Ssh: sshd does not start')
  })

  it('stops the agent of Session Manager, removes what agents know of the machine, and starts the agent again after a failure', () => {
    const { done, read } = outcomes.sessionFails
    for (const file of Object.keys(sessionFiles)) expect(read(file), file).toBeUndefined()
    expect(done.filter((line) => line.endsWith(' AmazonSSMAgent'))).toEqual(['stop AmazonSSMAgent', 'start AmazonSSMAgent'])
    expect(done).not.toContain('stop AmazonECS')
  })

  it('uninstalls an OpenSSH that the build installed', () => {
    expect(outcomes.installed.done).toContain('uninstall sshd')
    expect(outcomes.launch.done).not.toContain('uninstall sshd')
  })
})
