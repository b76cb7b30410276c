$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
# What the machine had before the build. Sealing puts it back. A family that wants another value changes it here.
$before = 'HKLM:\SOFTWARE\Bakehouse'

function Save-Value([string] $name, $value) {
  New-ItemProperty -Path $before -Name $name -Value "$value" -PropertyType String -Force | Out-Null
}

function Get-Value([string] $key, [string] $name) {
  $item = Get-ItemProperty -Path $key -ErrorAction SilentlyContinue
  if ($item) { $item.$name }
}

function Save-Start {
  # A key that is there already was left by an earlier build.
  $isLeft = Test-Path $before
  New-Item -Path $before -Force | Out-Null
  if ($isLeft) { Save-Value 'Leftover' 'HKLM:\SOFTWARE\Bakehouse' }
}

function Open-Firewall([int] $port) {
  Remove-NetFirewallRule -Name 'bakehouse-build' -ErrorAction SilentlyContinue
  New-NetFirewallRule -Name 'bakehouse-build' -DisplayName 'Bakehouse build' -Direction Inbound -Protocol TCP -LocalPort $port -Action Allow -Profile Any | Out-Null
}
