import { quotePowerShell } from '../../core/quote.ts'

/** Input of the user data of a Windows machine: the keys with which the build logs in and verifies the machine. */
export type WindowsUserDataSpec =
  | {
      readonly transport: 'ssh'
      /** The authorized key, one line. */
      readonly publicKey: string
      /** The private host key of the machine (ed25519, in the format of OpenSSH). */
      readonly hostKey: string
    }
  | {
      readonly transport: 'psrp'
      /** PKCS #12 in base64: the certificate and its key. */
      readonly pfx: string
      readonly pfxPassword: string
      /** SHA-1 of the certificate, 40 hexadecimal digits. */
      readonly thumbprint: string
    }

/**
 * EC2 user data for EC2Launch v1 and v2: a PowerShell script that runs once, as SYSTEM. It opens one port and closes none. It contains
 * a key of the machine: pass it to Pulumi as a secret. The key is of no use after the machine is deleted.
 */
export function renderWindowsUserData(spec: WindowsUserDataSpec): string {
  const body = spec.transport === 'ssh' ? sshScript(spec) : psrpScript(spec)
  return [
    '<powershell>',
    "$ErrorActionPreference = 'Stop'",
    "$ProgressPreference = 'SilentlyContinue'",
    ...body,
    '</powershell>',
    '<persist>false</persist>',
    '',
  ].join('\r\n')
}

function sshScript({ publicKey, hostKey }: Extract<WindowsUserDataSpec, { transport: 'ssh' }>): string[] {
  return [
    // Sealing restores the start type of the service. A family that wants another one changes this value.
    "New-Item -Path 'HKLM:\\SOFTWARE\\Bakehouse' -Force | Out-Null",
    '$service = Get-Service sshd -ErrorAction SilentlyContinue',
    "$start = if ($service) { [string]$service.StartType } else { 'Manual' }",
    "New-ItemProperty -Path 'HKLM:\\SOFTWARE\\Bakehouse' -Name SshdStart -Value $start -PropertyType String -Force | Out-Null",
    'if (-not $service) {',
    "  Add-WindowsCapability -Online -Name 'OpenSSH.Server~~~~0.0.1.0' | Out-Null",
    '}',
    'Stop-Service sshd -ErrorAction SilentlyContinue',
    "$ssh = Join-Path $env:ProgramData 'ssh'",
    'New-Item -ItemType Directory -Force -Path $ssh | Out-Null',
    'Remove-Item -Force "$ssh\\ssh_host_*_key", "$ssh\\ssh_host_*_key.pub" -ErrorAction SilentlyContinue',
    'function Write-Private([string] $path, [string] $base64) {',
    '  [IO.File]::WriteAllBytes($path, [Convert]::FromBase64String($base64))',
    "  & icacls.exe $path /inheritance:r /grant '*S-1-5-18:F' '*S-1-5-32-544:F' | Out-Null",
    '}',
    `Write-Private "$ssh\\ssh_host_ed25519_key" '${base64(ensureNewline(hostKey))}'`,
    `Write-Private "$ssh\\administrators_authorized_keys" '${base64(ensureNewline(publicKey.trim()))}'`,
    `Write-Private "$ssh\\sshd_config" '${base64(sshdConfig)}'`,
    "New-Item -Path 'HKLM:\\SOFTWARE\\OpenSSH' -Force | Out-Null",
    "$shell = Join-Path $env:SystemRoot 'System32\\WindowsPowerShell\\v1.0\\powershell.exe'",
    "New-ItemProperty -Path 'HKLM:\\SOFTWARE\\OpenSSH' -Name DefaultShell -Value $shell -PropertyType String -Force | Out-Null",
    ...firewallRule(22),
    'Set-Service sshd -StartupType Automatic',
    'Start-Service sshd',
  ]
}

function psrpScript({ pfx, pfxPassword, thumbprint }: Extract<WindowsUserDataSpec, { transport: 'psrp' }>): string[] {
  return [
    `$bytes = [Convert]::FromBase64String(${quotePowerShell(pfx)})`,
    `$certificate = New-Object Security.Cryptography.X509Certificates.X509Certificate2($bytes, ${quotePowerShell(pfxPassword)}, 'MachineKeySet,PersistKeySet,Exportable')`,
    `if ($certificate.Thumbprint -ne '${thumbprint}') { throw "the certificate is $($certificate.Thumbprint)" }`,
    "$store = New-Object Security.Cryptography.X509Certificates.X509Store('My', 'LocalMachine')",
    "$store.Open('ReadWrite')",
    '$store.Add($certificate)',
    '$store.Close()',
    'Set-Service WinRM -StartupType Automatic',
    'Start-Service WinRM',
    "Get-ChildItem WSMan:\\localhost\\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' } | Remove-Item -Recurse -Force",
    `New-Item -Path WSMan:\\localhost\\Listener -Transport HTTPS -Address * -Port 5986 -CertificateThumbPrint '${thumbprint}' -Force | Out-Null`,
    "Set-Item WSMan:\\localhost\\Service\\AllowUnencrypted -Value 'false'",
    "Set-Item WSMan:\\localhost\\Service\\Auth\\Basic -Value 'false'",
    ...firewallRule(5986),
  ]
}

function firewallRule(port: number): string[] {
  return [
    "Remove-NetFirewallRule -Name 'bakehouse-build' -ErrorAction SilentlyContinue",
    `New-NetFirewallRule -Name 'bakehouse-build' -DisplayName 'Bakehouse build' -Direction Inbound -Protocol TCP -LocalPort ${port} -Action Allow -Profile Any | Out-Null`,
  ]
}

/** Login with keys only, one host key. Windows reads the keys of administrators from a separate file. */
const sshdConfig = [
  'HostKey __PROGRAMDATA__/ssh/ssh_host_ed25519_key',
  'PubkeyAuthentication yes',
  'PasswordAuthentication no',
  'KbdInteractiveAuthentication no',
  'Subsystem sftp sftp-server.exe',
  'Match Group administrators',
  '  AuthorizedKeysFile __PROGRAMDATA__/ssh/administrators_authorized_keys',
  '',
].join('\n')

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function ensureNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
