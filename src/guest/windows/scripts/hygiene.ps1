# Checks a Windows machine that was started from a candidate image: was it generalised, does it hold traces of the build, and is
# it healthy? docs/checks.md describes each check. The variables are set in lines before this one: $TrialKey (the body of the only
# key that may log in), $TrialThumbprint (the certificate of this machine's listener), $BuildUser, $Now (the correct time in seconds).
# Each check prints one line: `case<tab>status<tab>milliseconds<tab>check<tab>message`. A check that passes may have a hint as its message.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$clock = [Diagnostics.Stopwatch]::StartNew()

function Say([string] $status, [string] $name, [string] $message) {
  $text = ($message -replace '[\t\r\n]+', ' ')
  if ($text.Length -gt 400) { $text = $text.Substring(0, 400) }
  [Console]::Out.WriteLine("case`t$status`t$($clock.ElapsedMilliseconds)`t$name`t$text")
  $clock.Restart()
}

# A check returns what is wrong, and hints (`hint: ...`), which are shown but not judged. A check that throws has no result: that is an error, not a pass.
function Check([string] $name, [scriptblock] $find) {
  try {
    $found = @(& $find | Where-Object { $_ })
    $wrong = @($found | Where-Object { "$_" -notlike 'hint: *' })
    if ($wrong.Count -eq 0) { Say 'passed' $name ($found -join '; ') } else { Say 'failed' $name ($wrong -join '; ') }
  } catch { Say 'error' $name "$_" }
}

function Get-Value([string] $key, [string] $name) {
  $item = Get-ItemProperty -Path $key -ErrorAction SilentlyContinue
  if ($item) { $item.$name }
}

function Get-Leftover([string[]] $paths) { Get-Item -Path $paths -Force -ErrorAction SilentlyContinue | ForEach-Object { $_.FullName } }

$sid = (Get-CimInstance Win32_UserAccount -Filter "LocalAccount=TRUE AND SID LIKE 'S-1-5-21-%-500'").SID -replace '-500$', ''
[Console]::Out.WriteLine("machine-id $sid")

$state = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State'
$sysprep = Join-Path $env:SystemRoot 'System32\Sysprep'
$place = Split-Path -Parent $MyInvocation.MyCommand.Path

# User data of a machine that was started before this one, with its keys. EC2Launch keeps it where it ran it.
function Get-OldUserData {
  $installed = (Get-CimInstance Win32_OperatingSystem).InstallDate
  $folders = @("$env:SystemRoot\System32\config\systemprofile") + @(Get-Leftover @("$env:SystemDrive\Users\*"))
  foreach ($folder in $folders) {
    Get-Item -Path "$folder\AppData\Local\Temp\EC2Launch*", "$folder\AppData\Local\Temp\UserScript.ps1" -Force -ErrorAction SilentlyContinue |
      Where-Object { $_.LastWriteTime -lt $installed } | ForEach-Object { $_.FullName }
  }
}

Check 'setup-complete' {
  $now = Get-Value $state 'ImageState'
  if ($now -ne 'IMAGE_STATE_COMPLETE') { "ImageState is $now" }
}
Check 'image-generalised' {
  if (-not (Test-Path "$sysprep\Sysprep_succeeded.tag")) { 'the file Sysprep_succeeded.tag does not exist' }
  $general = Get-Value 'HKLM:\SYSTEM\Setup\Status\SysprepStatus' 'GeneralizationState'
  if ($general -ne 7) { "GeneralizationState is $general, expected 7" }
}
Check 'no-sysprep-errors' {
  $log = "$sysprep\Panther\setuperr.log"
  if (-not (Test-Path $log)) { return }
  # Sysprep logs harmless errors too; with these lines it stops.
  $errors = @(Get-Content $log | Where-Object { $_ -match ',\s*Error' })
  $errors | Where-Object { $_ -match 'halting sysprep|Failure occurred while executing' } | Select-Object -First 3
  if ($errors.Count -gt 0) { "hint: $($errors[0])" }
}
Check 'no-setup-in-progress' {
  if ((Get-Value 'HKLM:\SYSTEM\Setup' 'SystemSetupInProgress') -eq 1) { 'SystemSetupInProgress is 1' }
  if ((Get-Value 'HKLM:\SYSTEM\Setup' 'OOBEInProgress') -eq 1) { 'OOBEInProgress is 1' }
}
Check 'no-pending-reboot' {
  if (Test-Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending') { 'servicing waits for a reboot' }
  if (Test-Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired') { 'an update waits for a reboot' }
  if (Get-Value 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager' 'PendingFileRenameOperations') { 'hint: files will be renamed at the next reboot' }
}
Check 'firewall-on' {
  Get-NetFirewallProfile | Where-Object { $_.Enabled -ne 'True' } | ForEach-Object { "the profile $($_.Name) is off" }
}
Check 'no-build-users' {
  Get-LocalUser | Where-Object { $_.Name -match '^(bakehouse|packer)' } | ForEach-Object { $_.Name }
  Get-LocalUser | Where-Object { $_.Name -match '^ansible' } | ForEach-Object { "hint: the user $($_.Name) exists" }
  if ($BuildUser -notin 'Administrator', 'SYSTEM') { Get-LocalUser -Name $BuildUser -ErrorAction SilentlyContinue | ForEach-Object { $_.Name } }
}
Check 'no-extra-winrm-listeners' {
  if ((Get-Service WinRM).Status -ne 'Running') { return }
  Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' } | ForEach-Object {
    $print = (Get-ChildItem $_.PSPath | Where-Object { $_.Name -eq 'CertificateThumbprint' }).Value
    if ($print -ne $TrialThumbprint) { "a listener with the certificate $print" }
  }
}
Check 'winrm-encrypted' {
  $service = 'WSMan:\localhost\Service'
  if ((Get-Service WinRM).Status -ne 'Running') { return }
  if ((Get-Item "$service\AllowUnencrypted").Value -eq 'true') { 'AllowUnencrypted is on' }
  if ((Get-Item "$service\Auth\Basic").Value -eq 'true') { 'Basic is on' }
}
Check 'no-build-certificates' {
  Get-ChildItem Cert:\LocalMachine\My | Where-Object { $_.Subject -like 'CN=bakehouse*' -and $_.Thumbprint -ne $TrialThumbprint } | ForEach-Object { $_.Thumbprint }
}
Check 'no-extra-login-keys' {
  $files = @("$env:ProgramData\ssh\administrators_authorized_keys") + @(Get-ChildItem "$env:SystemDrive\Users" -Directory -Force | ForEach-Object { "$($_.FullName)\.ssh\authorized_keys" })
  foreach ($file in $files) {
    if (-not (Test-Path $file)) { continue }
    Get-Content $file | Where-Object { $_.Trim() -and $_ -notmatch '^\s*#' } | ForEach-Object {
      if (-not $TrialKey -or -not $_.Contains($TrialKey)) { "$file has $(($_ -split ' ')[-1])" }
    }
  }
}
Check 'no-automatic-logon' {
  $winlogon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'
  if ((Get-Value $winlogon 'AutoAdminLogon') -eq '1') { 'AutoAdminLogon is 1' }
  if (Get-Value $winlogon 'DefaultPassword') { 'DefaultPassword is set' }
}
Check 'no-passwords-in-answer-files' {
  $files = Get-Leftover @("$env:SystemDrive\unattend.xml", "$env:SystemDrive\autounattend.xml", "$env:SystemRoot\Panther\unattend.xml", "$env:SystemRoot\Panther\Unattend\unattend.xml", "$sysprep\unattend.xml")
  # Windows replaces the passwords in the files that it has read.
  foreach ($file in $files) {
    $text = [IO.File]::ReadAllText($file) -replace '(?s)<(\w*Password)>\s*\*SENSITIVE\*DATA\*DELETED\*\s*</\1>', ''
    if ($text -match '<(Administrator)?Password>') { $file }
  }
}
Check 'no-build-scripts' {
  # This script itself is in such a folder.
  Get-Leftover @(
    "$env:SystemRoot\Temp\*bakehouse*", "$env:TEMP\*bakehouse*", "$env:SystemDrive\bakehouse*",
    "$env:SystemDrive\Users\*\.ansible_async", "$env:SystemRoot\System32\config\systemprofile\.ansible_async"
  ) | Where-Object { $_ -ne $place }
  Get-OldUserData
}
Check 'no-service-identities' {
  $installed = (Get-CimInstance Win32_OperatingSystem).InstallDate
  Get-Item -Path "$env:ProgramFiles\Amazon\SSM\credentials", "$env:ProgramData\Amazon\SSM\InstanceData\*", "$env:ProgramData\Amazon\SSM\Vault", "$env:ProgramData\Amazon\ECS\data\*" -Force -ErrorAction SilentlyContinue |
    Where-Object { $_.LastWriteTime -lt $installed } | ForEach-Object { $_.FullName }
}
Check 'no-build-settings' {
  # At its first boot, this machine noted here what the image had.
  $before = 'HKLM:\SOFTWARE\Bakehouse'
  Get-Value $before 'Leftover'
  if ("$(Get-Value $before 'SshdConfig')" -match 'Bakehouse') { 'sshd_config is the one of the build' }
}
Check 'no-scheduled-jobs' {
  Get-ScheduledTask -ErrorAction SilentlyContinue | Where-Object { $_.TaskName -match 'bakehouse|ansible|packer' } | ForEach-Object { $_.TaskName }
}
Check 'no-shell-history' {
  Get-Leftover @("$env:SystemDrive\Users\*\AppData\Roaming\Microsoft\Windows\PowerShell\PSReadLine\ConsoleHost_history.txt")
}
Check 'no-crash-dumps' { Get-Leftover @("$env:SystemRoot\MEMORY.DMP", "$env:SystemRoot\Minidump\*.dmp") }
Check 'no-old-installation' { Get-Leftover @("$env:SystemDrive\Windows.old") }
Check 'no-failed-services' {
  Get-CimInstance Win32_Service -Filter "StartMode='Auto' AND State<>'Running' AND ExitCode<>0 AND ExitCode<>1077" |
    Where-Object { -not $_.DelayedAutoStart } | ForEach-Object { "$($_.Name) ended with $($_.ExitCode)" }
}
Check 'clock-correct' {
  $away = [Math]::Abs(([DateTimeOffset]::UtcNow.ToUnixTimeSeconds() - $Now))
  if ($away -gt 900) { "the clock differs by $away s" }
}
Check 'disk-space' {
  $disk = Get-CimInstance Win32_LogicalDisk -Filter "DeviceID='$env:SystemDrive'"
  if ($disk.FreeSpace -lt 1GB) { "$([Math]::Round($disk.FreeSpace / 1MB)) MiB are free" }
}
Check 'root-disk-grown' {
  $disk = Get-Partition -DriveLetter $env:SystemDrive.Substring(0, 1) | Get-Disk
  if ($disk.LargestFreeExtent -gt 1GB -and $disk.LargestFreeExtent -gt $disk.Size / 10) {
    "$([Math]::Round($disk.LargestFreeExtent / 1MB)) MiB of $([Math]::Round($disk.Size / 1MB)) MiB belong to no partition"
  }
}
Check 'guest-account-off' {
  Get-CimInstance Win32_UserAccount -Filter "LocalAccount=TRUE AND SID LIKE '%-501'" | Where-Object { -not $_.Disabled } | ForEach-Object { $_.Name }
}
[Console]::Out.WriteLine('hygiene done')
