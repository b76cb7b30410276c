# Removes build traces from a Windows machine, generalises it, and lets it shut down. It runs on after the connection has ended.
# When generalising fails, it allows logins again and writes the reason into a file.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$note = Join-Path $env:SystemRoot 'Temp\bakehouse-seal.json'
$ssh = Join-Path $env:ProgramData 'ssh'
$sysprep = Join-Path $env:SystemRoot 'System32\Sysprep'
$keep = @{ keys = $null; hostKey = $null; pfx = $null; thumbprint = $null }

function Remove-Quietly([string[]] $paths) { Remove-Item -Path $paths -Recurse -Force -ErrorAction SilentlyContinue }

function Write-Private([string] $path, [byte[]] $bytes) {
  [IO.File]::WriteAllBytes($path, $bytes)
  & icacls.exe $path /inheritance:r /grant '*S-1-5-18:F' '*S-1-5-32-544:F' | Out-Null
}

function Remove-Traces {
  Get-LocalUser | Where-Object { $_.Name -match '^(bakehouse|packer)' } | Remove-LocalUser
  Get-ScheduledTask -ErrorAction SilentlyContinue | Where-Object { $_.TaskName -match 'bakehouse|ansible' } | Unregister-ScheduledTask -Confirm:$false
  # This task is known to make generalising fail on Windows Server 2025.
  Get-ScheduledTask -TaskName 'installEgpuManager' -ErrorAction SilentlyContinue | Unregister-ScheduledTask -Confirm:$false
  Remove-NetFirewallRule -Name 'bakehouse*' -ErrorAction SilentlyContinue
  Remove-Quietly @(
    "$env:SystemDrive\Users\*\AppData\Roaming\Microsoft\Windows\PowerShell\PSReadLine\ConsoleHost_history.txt",
    "$env:SystemDrive\Users\*\.ssh\authorized_keys", "$env:SystemDrive\Users\*\.ssh\known_hosts", "$env:SystemDrive\Users\*\.ansible_async",
    "$env:SystemRoot\MEMORY.DMP", "$env:SystemRoot\Minidump\*", "$env:SystemRoot\SoftwareDistribution\Download\*", "$ssh\logs\*"
  )
  Get-ChildItem "$env:SystemRoot\Temp", $env:TEMP -Force -ErrorAction SilentlyContinue |
    Where-Object { $_.Name -ne 'bakehouse-seal.ps1' } | Remove-Item -Recurse -Force -ErrorAction SilentlyContinue
  foreach ($name in 'SusClientId', 'SusClientIDValidation', 'PingID', 'AccountDomainSid') {
    Remove-ItemProperty -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate' -Name $name -ErrorAction SilentlyContinue
  }
}

function Disable-Logins {
  $keys = "$ssh\administrators_authorized_keys"
  if (Test-Path $keys) { $keep.keys = [IO.File]::ReadAllBytes($keys) }
  if (Test-Path "$ssh\ssh_host_ed25519_key") { $keep.hostKey = [IO.File]::ReadAllBytes("$ssh\ssh_host_ed25519_key") }
  Remove-Quietly @($keys, "$ssh\ssh_host_*")
  $start = (Get-ItemProperty 'HKLM:\SOFTWARE\Bakehouse' -ErrorAction SilentlyContinue).SshdStart
  if ($start -and (Get-Service sshd -ErrorAction SilentlyContinue)) { Set-Service sshd -StartupType $start }
  Remove-Quietly @('HKLM:\SOFTWARE\Bakehouse')
  $own = Get-ChildItem Cert:\LocalMachine\My | Where-Object { $_.Subject -like 'CN=bakehouse*' } | Select-Object -First 1
  if ($own) {
    $keep.thumbprint = $own.Thumbprint
    $keep.pfx = $own.Export('Pfx', 'bakehouse')
    Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' } | Remove-Item -Recurse -Force
    Remove-Item -Path "Cert:\LocalMachine\My\$($own.Thumbprint)" -DeleteKey -Force
  }
}

function Enable-Logins {
  if ($keep.hostKey) { Write-Private "$ssh\ssh_host_ed25519_key" $keep.hostKey }
  if ($keep.keys) { Write-Private "$ssh\administrators_authorized_keys" $keep.keys; Restart-Service sshd }
  if ($keep.pfx) {
    $own = New-Object Security.Cryptography.X509Certificates.X509Certificate2($keep.pfx, 'bakehouse', 'MachineKeySet,PersistKeySet,Exportable')
    $store = New-Object Security.Cryptography.X509Certificates.X509Store('My', 'LocalMachine')
    $store.Open('ReadWrite'); $store.Add($own); $store.Close()
    New-Item -Path WSMan:\localhost\Listener -Transport HTTPS -Address * -Port 5986 -CertificateThumbPrint $keep.thumbprint -Force | Out-Null
  }
  New-NetFirewallRule -Name 'bakehouse-build' -DisplayName 'Bakehouse build' -Direction Inbound -Protocol TCP -LocalPort 22, 5986 -Action Allow | Out-Null
}

function Invoke-Generalise {
  $launch = Join-Path $env:ProgramFiles 'Amazon\EC2Launch\EC2Launch.exe'
  if (Test-Path $launch) {
    & $launch reset --clean --block
    if ($LASTEXITCODE -ne 0) { throw "EC2Launch reset ended with exit code $LASTEXITCODE" }
    & $launch sysprep --clean --shutdown --block
    if ($LASTEXITCODE -ne 0) { throw "EC2Launch sysprep ended with exit code $LASTEXITCODE" }
    return
  }
  $arguments = @('/generalize', '/oobe', '/shutdown', '/quiet')
  if (Test-Path "$sysprep\unattend.xml") { $arguments += "/unattend:$sysprep\unattend.xml" }
  $process = Start-Process -FilePath "$sysprep\sysprep.exe" -ArgumentList $arguments -Wait -PassThru
  if ($process.ExitCode -ne 0) { throw "Sysprep ended with exit code $($process.ExitCode)" }
}

try {
  # Let the connection that started this script end first.
  Start-Sleep -Seconds 5
  Remove-Traces
  Remove-Quietly @("$sysprep\Panther", "$sysprep\Sysprep_succeeded.tag")
  Disable-Logins
  Remove-Quietly @($MyInvocation.MyCommand.Path)
  Invoke-Generalise
  Start-Sleep -Seconds 30
  $state = (Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State').ImageState
  if ($state -ne 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') { throw "generalising ended, but ImageState is $state" }
} catch {
  $why = "$_"
  Enable-Logins
  [IO.File]::WriteAllText($note, (@{ why = $why } | ConvertTo-Json -Compress))
}
