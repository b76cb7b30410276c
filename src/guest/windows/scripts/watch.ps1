# Prints, as one line of JSON, the state of generalising: reason of a failure, ImageState, whether Sysprep runs, the end of its logs.
$ErrorActionPreference = 'SilentlyContinue'
$panther = Join-Path $env:SystemRoot 'System32\Sysprep\Panther'
$note = Join-Path $env:SystemRoot 'Temp\bakehouse-seal.json'
function Get-Tail([string] $name, [int] $count) {
  $file = Join-Path $panther $name
  if (Test-Path $file) { (Get-Content $file -Tail $count) -join "`n" } else { '' }
}
$about = if (Test-Path $note) { Get-Content $note -Raw | ConvertFrom-Json }
[Console]::Out.WriteLine((@{
  why = "$($about.why)"
  closed = "$($about.closed)"
  imageState = "$((Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State').ImageState)"
  running = [bool](Get-Process -Name sysprep, EC2Launch)
  errors = "$(Get-Tail 'setuperr.log' 40)"
  actions = "$(Get-Tail 'setupact.log' 200)"
} | ConvertTo-Json -Compress))
