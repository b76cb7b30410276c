# Closes the connections of the build and puts back what the machine had before (HKLM:\SOFTWARE\Bakehouse); opens them again when
# generalising failed. What is needed for that is kept in memory.
$before = 'HKLM:\SOFTWARE\Bakehouse'
$ssh = Join-Path $env:ProgramData 'ssh'
$listeners = 'WSMan:\localhost\Listener'
$keep = @{ keys = $null; hostKey = $null; config = $null; shell = $null; pfx = $null; thumbprint = $null; agents = @() }

function Read-Bytes([string] $path) { if (Test-Path $path) { , [IO.File]::ReadAllBytes($path) } }

function Write-Private([string] $path, [byte[]] $bytes) {
  [IO.File]::WriteAllBytes($path, $bytes)
  & icacls.exe $path /inheritance:r /grant '*S-1-5-18:F' '*S-1-5-32-544:F' | Out-Null
}

function Get-HttpsListener { Get-ChildItem $listeners | Where-Object { $_.Keys -contains 'Transport=HTTPS' } }

function Close-Access {
  $old = Get-ItemProperty $before -ErrorAction SilentlyContinue
  Close-Ssh $old
  Close-Winrm $old
  Close-Agents
  Remove-Quietly @($before)
}

function Close-Ssh($old) {
  $keep.keys = Read-Bytes (Join-Path $ssh 'administrators_authorized_keys')
  $keep.hostKey = Read-Bytes (Join-Path $ssh 'ssh_host_ed25519_key')
  Remove-Quietly @((Join-Path $ssh 'administrators_authorized_keys'), (Join-Path $ssh 'ssh_host_*'))
  if (-not $old.SshdStart) { return }
  $keep.config = Read-Bytes (Join-Path $ssh 'sshd_config')
  $keep.shell = (Get-ItemProperty 'HKLM:\SOFTWARE\OpenSSH' -ErrorAction SilentlyContinue).DefaultShell
  if ($old.SshdConfig) { [IO.File]::WriteAllText((Join-Path $ssh 'sshd_config'), $old.SshdConfig) } else { Remove-Quietly @((Join-Path $ssh 'sshd_config')) }
  if ($old.DefaultShell) { New-ItemProperty -Path 'HKLM:\SOFTWARE\OpenSSH' -Name DefaultShell -Value $old.DefaultShell -PropertyType String -Force | Out-Null }
  else { Remove-ItemProperty -Path 'HKLM:\SOFTWARE\OpenSSH' -Name DefaultShell -ErrorAction SilentlyContinue }
  if (-not (Get-Service sshd -ErrorAction SilentlyContinue)) { return }
  if ($old.SshdStart -ne 'Absent') { Set-Service sshd -StartupType $old.SshdStart; return }
  # A server that still runs would be removed at the next restart only, and Sysprep refuses a machine that waits for one.
  Set-Service sshd -StartupType Disabled
  Stop-Service sshd -Force
}

# The last step before Sysprep: from here on, the machine cannot be opened over SSH.
function Remove-Server($start) {
  if ($start -eq 'Absent') { Remove-WindowsCapability -Online -Name 'OpenSSH.Server~~~~0.0.1.0' | Out-Null }
}

function Close-Winrm($old) {
  $own = Get-ChildItem Cert:\LocalMachine\My | Where-Object { $_.Subject -like 'CN=bakehouse*' } | Select-Object -First 1
  if ($own) {
    $keep.thumbprint = $own.Thumbprint
    $keep.pfx = $own.Export('Pfx', 'bakehouse')
    Get-HttpsListener | Remove-Item -Recurse -Force
    Remove-Item -Path "Cert:\LocalMachine\My\$($own.Thumbprint)" -DeleteKey -Force
  }
  if ($old.WinrmListener) {
    $listener = $old.WinrmListener | ConvertFrom-Json
    $with = @{ Transport = 'HTTPS'; Address = $listener.Address; Port = $listener.Port; CertificateThumbPrint = $listener.CertificateThumbprint }
    if ($listener.Hostname) { $with.Hostname = $listener.Hostname }
    New-Item -Path $listeners @with -Force | Out-Null
  }
  if ($old.WinrmUnencrypted) { Set-Item WSMan:\localhost\Service\AllowUnencrypted -Value $old.WinrmUnencrypted }
  if ($old.WinrmBasic) { Set-Item WSMan:\localhost\Service\Auth\Basic -Value $old.WinrmBasic }
  if ($old.WinrmStart) { Set-Service WinRM -StartupType $old.WinrmStart }
}

# Agents that know who this machine is: that of Session Manager, which may carry the connection of the build, and that of ECS. Each gets a
# new identity when it starts on another machine.
function Close-Agents {
  foreach ($agent in 'AmazonSSMAgent', 'AmazonECS') {
    if (Get-Service $agent -ErrorAction SilentlyContinue) { Stop-Service $agent -Force; $keep.agents += @($agent) }
  }
  Remove-Quietly @("$env:ProgramFiles\Amazon\SSM\credentials", "$env:ProgramData\Amazon\SSM\InstanceData\*", "$env:ProgramData\Amazon\SSM\Vault", "$env:ProgramData\Amazon\ECS\data\*")
}

function Open-Agents { $keep.agents | Where-Object { $_ } | ForEach-Object { Start-Service $_ } }

# Opens each connection that the build had. Returns the errors of those that stay closed.
function Open-Access {
  foreach ($open in 'Open-Ssh', 'Open-Winrm', 'Open-Agents', 'Open-Firewall') {
    try { & $open } catch { "$($open -replace '^Open-', ''): $_" }
  }
}

function Open-Ssh {
  if (-not $keep.keys) { return }
  if ($keep.hostKey) { Write-Private (Join-Path $ssh 'ssh_host_ed25519_key') $keep.hostKey }
  Write-Private (Join-Path $ssh 'administrators_authorized_keys') $keep.keys
  if ($keep.config) { Write-Private (Join-Path $ssh 'sshd_config') $keep.config }
  if ($keep.shell) { New-ItemProperty -Path 'HKLM:\SOFTWARE\OpenSSH' -Name DefaultShell -Value $keep.shell -PropertyType String -Force | Out-Null }
  if (-not (Get-Service sshd -ErrorAction SilentlyContinue)) { Add-WindowsCapability -Online -Name 'OpenSSH.Server~~~~0.0.1.0' | Out-Null }
  Set-Service sshd -StartupType Automatic
  Restart-Service sshd
}

function Open-Winrm {
  if (-not $keep.pfx) { return }
  $own = New-Object Security.Cryptography.X509Certificates.X509Certificate2($keep.pfx, 'bakehouse', 'MachineKeySet,PersistKeySet,Exportable')
  $store = New-Object Security.Cryptography.X509Certificates.X509Store('My', 'LocalMachine')
  $store.Open('ReadWrite'); $store.Add($own); $store.Close()
  Get-HttpsListener | Remove-Item -Recurse -Force
  New-Item -Path $listeners -Transport HTTPS -Address * -Port 5986 -CertificateThumbPrint $keep.thumbprint -Force | Out-Null
  Start-Service WinRM
}

function Open-Firewall {
  New-NetFirewallRule -Name 'bakehouse-build' -DisplayName 'Bakehouse build' -Direction Inbound -Protocol TCP -LocalPort 22, 5986 -Action Allow | Out-Null
}
