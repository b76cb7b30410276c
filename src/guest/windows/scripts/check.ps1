# Prints, as one line of JSON, whether this machine can be generalised.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function Get-Value([string] $key, [string] $name) {
  $item = Get-ItemProperty -Path $key -ErrorAction SilentlyContinue
  if ($item) { $item.$name }
}

# Parts of Windows that not every edition has: without them there is nothing to find.
function Find-Optional([scriptblock] $find) { try { & $find } catch { return } }

function Get-Pending {
  if (Test-Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending') { 'Component Based Servicing' }
  if (Test-Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired') { 'Windows Update' }
}

# The service of Windows Installer (msiexec /V) stays for some minutes after an installation. Any other msiexec installs, also in
# session 0, where installations over SSH and WinRM run.
function Get-Busy {
  Get-Process -Name TiWorker, TrustedInstaller, MsMpEngUpdate, sysprep, wusa -ErrorAction SilentlyContinue | ForEach-Object { $_.ProcessName }
  Get-CimInstance Win32_Process -Filter "Name='msiexec.exe'" | Where-Object { $_.CommandLine -notmatch '[/-]V\s*$' } | ForEach-Object { 'msiexec' }
}

# Sysprep refuses a package that one user has and new users would not get.
function Get-Package {
  $provisioned = @(Get-AppxProvisionedPackage -Online | ForEach-Object { $_.DisplayName })
  Get-AppxPackage -AllUsers | Where-Object {
    -not $_.IsFramework -and -not $_.IsResourcePackage -and -not $_.NonRemovable -and "$($_.SignatureKind)" -ne 'System' -and
    $_.Name -notin $provisioned -and @($_.PackageUserInformation | Where-Object { "$($_.InstallState)" -match 'Installed' }).Count -gt 0
  } | ForEach-Object { $_.PackageFullName }
}

# Sysprep refuses an encrypted volume, also while its protection is off.
function Get-Encrypted {
  Get-CimInstance -Namespace 'root\CIMV2\Security\MicrosoftVolumeEncryption' -ClassName Win32_EncryptableVolume |
    Where-Object { $_.ConversionStatus -ne 0 } | ForEach-Object { $_.DriveLetter }
}

$rearms = Find-Optional { (Get-CimInstance SoftwareLicensingService).RemainingWindowsReArmCount }
[Console]::Out.WriteLine((@{
  imageState = "$(Get-Value 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State' 'ImageState')"
  pending = [object[]] @(Get-Pending)
  busy = [object[]] @(Get-Busy | Sort-Object -Unique)
  packages = [object[]] @(Find-Optional { Get-Package } | Sort-Object -Unique)
  encrypted = [object[]] @(Find-Optional { Get-Encrypted })
  rearms = $rearms
} | ConvertTo-Json -Compress))
