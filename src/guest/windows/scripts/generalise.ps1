$sysprep = Join-Path $env:SystemRoot 'System32\Sysprep'
$sealed = 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE'

function Get-ImageState {
  "$((Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State' -ErrorAction SilentlyContinue).ImageState)"
}

# This task of EC2Launch needs wmic, which Windows Server 2025 lacks. EC2Launch itself says whether the file is good without it.
function Remove-EgpuTask([string] $launch) {
  $file = Join-Path $env:ProgramData 'Amazon\EC2Launch\config\agent-config.yml'
  if (-not (Test-Path $file)) { return }
  $old = [IO.File]::ReadAllText($file)
  $indent = -1
  $lines = foreach ($line in ($old -split '\r?\n')) {
    $depth = $line.Length - $line.TrimStart().Length
    if ($indent -ge 0 -and $line.Trim() -and $depth -gt $indent) { continue }
    $indent = -1
    if ($line -match '^\s*- task:\s*installEgpuManager\s*$') { $indent = $depth; continue }
    $line
  }
  $new = $lines -join "`r`n"
  if (@($lines).Count -eq @($old -split '\r?\n').Count) { return }
  [IO.File]::WriteAllText($file, $new)
  & $launch validate | Out-Null
  if ($LASTEXITCODE -eq 0) { return }
  [IO.File]::WriteAllText($file, $old)
  throw "EC2Launch does not accept agent-config.yml without the task installEgpuManager (exit code $LASTEXITCODE)"
}

# Starts the program that generalises: EC2Launch v2, EC2Launch v1, or Sysprep itself.
function Start-Generalise {
  $launch = Join-Path $env:ProgramFiles 'Amazon\EC2Launch\EC2Launch.exe'
  if (Test-Path $launch) {
    Remove-EgpuTask $launch
    return @{ name = 'EC2Launch'; process = Start-Process -FilePath $launch -ArgumentList 'sysprep', '--clean', '--shutdown' -PassThru }
  }
  $v1 = Join-Path $env:ProgramData 'Amazon\EC2-Windows\Launch\Scripts'
  if (Test-Path (Join-Path $v1 'SysprepInstance.ps1')) {
    # Without this, the machines of the image never run their user data.
    & (Join-Path $v1 'InitializeInstance.ps1') -Schedule | Out-Null
    $script = Join-Path $v1 'SysprepInstance.ps1'
    $arguments = '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', "`"$script`""
    return @{ name = 'EC2Launch v1'; process = Start-Process -FilePath 'powershell.exe' -ArgumentList $arguments -PassThru }
  }
  $arguments = @('/generalize', '/oobe', '/shutdown', '/quiet')
  $answers = Join-Path $sysprep 'unattend.xml'
  if (Test-Path $answers) { $arguments += "/unattend:$answers" }
  @{ name = 'Sysprep'; process = Start-Process -FilePath (Join-Path $sysprep 'sysprep.exe') -ArgumentList $arguments -PassThru }
}

# Sysprep that fails without /quiet stands before a dialogue for ever: its log says that it has ended.
function Test-Halted {
  foreach ($name in 'setuperr.log', 'setupact.log') {
    $log = Join-Path $sysprep "Panther\$name"
    if ((Test-Path $log) -and (Select-String -Path $log -Pattern 'halting sysprep', 'Failure occurred while executing' -Quiet)) { return $true }
  }
  $false
}

# Returns when the machine is generalised. Throws when it failed, and when the time is over. ImageState decides, not the exit code.
function Invoke-Generalise([int] $seconds) {
  $run = Start-Generalise
  $until = (Get-Date).AddSeconds($seconds)
  $left = 6
  for (;;) {
    Start-Sleep -Seconds 5
    if ((Get-ImageState) -eq $sealed) { return }
    $why = $null
    if ($run.process.HasExited) { $why = "$($run.name) ended with exit code $($run.process.ExitCode)" }
    elseif (Test-Halted) { $why = 'Sysprep failed' }
    elseif ((Get-Date) -gt $until) { $why = "$($run.name) did not end within $seconds s"; $left = 1 }
    # The last lines of the log and ImageState come a little later.
    if ($why) { $left-- }
    if ($why -and $left -le 0) {
      Stop-Process -Name EC2Launch, sysprep -Force -ErrorAction SilentlyContinue
      if (-not $run.process.HasExited) { Stop-Process -Id $run.process.Id -Force -ErrorAction SilentlyContinue }
      throw "$why, and ImageState is $(Get-ImageState)"
    }
  }
}
