# Removes build traces from a Windows machine, closes its connections, generalises it, and lets it shut down. It runs on after the
# connection has ended. When generalising fails, it writes the reason into a file, and then opens the connections again. $Limit is set
# in a line before this one: how long generalising may take, in seconds.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$note = Join-Path $env:SystemRoot 'Temp\bakehouse-seal.json'

function Write-Note([hashtable] $about) { [IO.File]::WriteAllText($note, ($about | ConvertTo-Json -Compress)) }

function Stop-Sealed {
  Write-Console 'sealed'
  # EC2Launch and Sysprep shut down by themselves; a program that ended with an error after its work does not.
  Start-Sleep -Seconds 120
  Stop-Computer -Force
}

try {
  # Let the connection that started this script end first.
  Start-Sleep -Seconds 5
  Write-Console 'sealing began'
  Remove-Traces
  Remove-Quietly @((Join-Path $sysprep 'Panther'), (Join-Path $sysprep 'Sysprep_succeeded.tag'))
  $start = (Get-ItemProperty $before -ErrorAction SilentlyContinue).SshdStart
  Close-Access
  Remove-Quietly @($MyInvocation.MyCommand.Path)
  Remove-Server $start
  Invoke-Generalise $Limit
  Stop-Sealed
} catch {
  $why = "$_"
  if ((Get-ImageState) -eq $sealed) { Stop-Sealed; exit 0 }
  Write-Note @{ why = $why }
  Write-Console "sealing failed: $why"
  $closed = @(Open-Access) -join '; '
  if ($closed) {
    Write-Note @{ why = $why; closed = $closed }
    Write-Console "sealing failed: $why; these connections could not be opened again: $closed"
  }
}
