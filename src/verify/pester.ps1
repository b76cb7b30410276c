# Runs Pester 5 with a configuration object, and writes a report and a summary to its folder. The variables are set in lines before this
# one: $Tests (a file or folder in its folder), $Report and $Summary (names of the output files), $Modules (the folder for a family's copy
# of Pester). Exit codes: 0 all passed; 1 some failed; 2 Pester itself failed. Run.Exit is off, because with it the exit code would be the
# number of failures, and some systems read 256 as 0.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$here = Split-Path -Parent $MyInvocation.MyCommand.Path

function Write-Summary($about) {
  [IO.File]::WriteAllText((Join-Path $here $Summary), ($about | ConvertTo-Json -Compress))
}

# Windows contains Pester 3.4, whose syntax differs. Pester 5 comes from the family's copy, from the machine, or from PowerShell Gallery.
function Import-Pester {
  $beside = Join-Path $here 'modules'
  if (Test-Path $beside) { $env:PSModulePath = "$beside;$env:PSModulePath" }
  $found = Get-Module -ListAvailable -Name Pester | Where-Object { $_.Version.Major -eq 5 }
  if (-not $found) {
    [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
    New-Item -ItemType Directory -Force -Path $beside | Out-Null
    try { Save-Module -Name Pester -Path $beside -Repository PSGallery -MinimumVersion '5.0.0' -MaximumVersion '5.99.99' -Force }
    catch { throw "Pester 5 is not in the machine and cannot be fetched: install it in the playbook, or keep it in $Modules. $_" }
    $env:PSModulePath = "$beside;$env:PSModulePath"
  }
  Import-Module Pester -MinimumVersion '5.0.0' -MaximumVersion '5.99.99'
}

try {
  Import-Pester
  $configuration = New-PesterConfiguration
  $configuration.Run.Path = Join-Path $here $Tests
  $configuration.Run.PassThru = $true
  $configuration.Run.Exit = $false
  $configuration.TestResult.Enabled = $true
  $configuration.TestResult.OutputFormat = 'JUnitXml'
  $configuration.TestResult.OutputPath = Join-Path $here $Report
  $configuration.Output.Verbosity = 'Detailed'
  $run = Invoke-Pester -Configuration $configuration
  Write-Summary ([ordered]@{
    version = "$((Get-Module Pester).Version)"; result = "$($run.Result)"; total = $run.TotalCount; passed = $run.PassedCount
    failed = $run.FailedCount; skipped = $run.SkippedCount; inconclusive = [int]$run.InconclusiveCount; notRun = $run.NotRunCount
    failedBlocks = $run.FailedBlocksCount; failedContainers = $run.FailedContainersCount
    errors = @(@($run.FailedContainers) + @($run.FailedBlocks) | Where-Object { $_ } | ForEach-Object { "$($_.ErrorRecord)" })
  })
  if ($run.Result -eq 'Passed') { exit 0 } else { exit 1 }
} catch {
  Write-Summary ([ordered]@{ result = 'Error'; errors = @("$_") })
  [Console]::Error.WriteLine("$_")
  exit 2
}
