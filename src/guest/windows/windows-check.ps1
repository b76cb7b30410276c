# Prints, as one line of JSON, whether this machine can be generalised: ImageState, components that wait for a reboot, busy processes.
$ErrorActionPreference = 'Stop'
function Get-Value([string] $key, [string] $name) {
  $item = Get-ItemProperty -Path $key -ErrorAction SilentlyContinue
  if ($item) { $item.$name }
}
$pending = @()
if (Test-Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending') { $pending += 'Component Based Servicing' }
if (Test-Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired') { $pending += 'Windows Update' }
$busy = @(Get-Process -Name TiWorker, TrustedInstaller, MsMpEngUpdate, sysprep, msiexec, wusa -ErrorAction SilentlyContinue |
  Where-Object { $_.ProcessName -ne 'msiexec' -or $_.SessionId -ne 0 } | ForEach-Object { $_.ProcessName } | Sort-Object -Unique)
[Console]::Out.WriteLine((@{
  imageState = "$(Get-Value 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State' 'ImageState')"
  pending = @($pending)
  busy = @($busy)
} | ConvertTo-Json -Compress))
