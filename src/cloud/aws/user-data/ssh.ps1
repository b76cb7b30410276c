function Write-Private([string] $path, [string] $base64) {
  [IO.File]::WriteAllBytes($path, [Convert]::FromBase64String($base64))
  & icacls.exe $path /inheritance:r /grant '*S-1-5-18:F' '*S-1-5-32-544:F' | Out-Null
}

# Windows Update, where the server comes from, fails now and then (0x800f0950).
function Install-Server {
  for ($try = 1; ; $try++) {
    try {
      Add-WindowsCapability -Online -Name 'OpenSSH.Server~~~~0.0.1.0' | Out-Null
      return
    } catch {
      if ($try -ge 4) { throw "OpenSSH could not be installed: $_" }
      Start-Sleep -Seconds (30 * $try)
    }
  }
}

# sshd refuses to start where users may write: SYSTEM and administrators have all rights, users read.
function New-SshFolder([string] $path) {
  New-Item -ItemType Directory -Force -Path $path | Out-Null
  & icacls.exe $path /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-11:(OI)(CI)RX' | Out-Null
}

try {
  Save-Start
  $service = Get-Service sshd -ErrorAction SilentlyContinue
  if ($service) { Save-Value 'SshdStart' $service.StartType } else { Save-Value 'SshdStart' 'Absent' }
  $ssh = Join-Path $env:ProgramData 'ssh'
  $config = Join-Path $ssh 'sshd_config'
  if (Test-Path $config) { Save-Value 'SshdConfig' ([IO.File]::ReadAllText($config)) }
  $shell = Get-Value 'HKLM:\SOFTWARE\OpenSSH' 'DefaultShell'
  if ($shell) { Save-Value 'DefaultShell' $shell }

  if (-not $service) { Install-Server }
  Stop-Service sshd -ErrorAction SilentlyContinue
  New-SshFolder $ssh
  New-SshFolder (Join-Path $ssh 'logs')
  Remove-Item -Force (Join-Path $ssh 'ssh_host_*_key'), (Join-Path $ssh 'ssh_host_*_key.pub') -ErrorAction SilentlyContinue
  Write-Private (Join-Path $ssh 'ssh_host_ed25519_key') $HostKey
  Write-Private (Join-Path $ssh 'administrators_authorized_keys') $PublicKey
  Write-Private $config $SshdConfig
  if (-not (Test-Path 'HKLM:\SOFTWARE\OpenSSH')) { New-Item -Path 'HKLM:\SOFTWARE\OpenSSH' -Force | Out-Null }
  $powershell = Join-Path $env:SystemRoot 'System32\WindowsPowerShell\v1.0\powershell.exe'
  New-ItemProperty -Path 'HKLM:\SOFTWARE\OpenSSH' -Name DefaultShell -Value $powershell -PropertyType String -Force | Out-Null
  Open-Firewall 22
  Set-Service sshd -StartupType Automatic
  Start-Service sshd
  Write-Console 'sshd is ready'
} catch {
  Write-Console "sshd is not ready: $_"
  throw
}
