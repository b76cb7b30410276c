# Runs Pester 5 by a configuration object, and leaves a report and a summary beside itself. Put before it are $Tests (a file or
# folder beside this script), $Report, $Summary (names of what it leaves) and $Modules (where a family keeps a copy of Pester).
# Exit codes: 0 all passed, 1 not, 2 Pester itself did not get through. Run.Exit stays off: it would make the number of failures
# the exit code, of which 256 is 0 to many.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$here = Split-Path -Parent $MyInvocation.MyCommand.Path

function Write-Summary($about) {
  [IO.File]::WriteAllText((Join-Path $here $Summary), ($about | ConvertTo-Json -Compress))
}

# Windows brings Pester 3.4, which is another language: 5 is taken from beside the tests, from the machine, or from the gallery.
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
