# Runs Pester on the tests beside this script, and writes the result of every test as JSON. The variables are set in lines before this
# one: $Tests (a file or folder beside this script), $Results (name of the file to write), $Modules (where a family keeps a copy of
# Pester), $Version ('' or the version to use), $Tag, $ExcludeTag, $Data (parameters of the tests), $Configuration (a file beside this
# script, or '').
# Exit codes: 0 all tests passed, 1 not all passed, 2 Pester did not run to its end.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# Windows has Pester 3.4, which cannot run these tests. Each version from 5.0 on can.
function Find-Pester([string] $version) {
  Get-Module -ListAvailable -Name Pester |
    Where-Object { $_.Version.Major -ge 5 -and (-not $version -or "$($_.Version)." -like "$version.*") } |
    Sort-Object Version -Descending | Select-Object -First 1
}

function Save-Pester([string] $folder, [string] $version) {
  $wanted = @{ MinimumVersion = '5.0.0' }
  if ($version -match '^\d+\.\d+\.\d+') { $wanted = @{ RequiredVersion = $version } }
  elseif ($version) { $wanted = @{ MinimumVersion = "$version.0"; MaximumVersion = "$version.99999" } }
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
  # Without this provider, Save-Module waits for an answer.
  Install-PackageProvider -Name NuGet -MinimumVersion 2.8.5.201 -Force | Out-Null
  New-Item -ItemType Directory -Force -Path $folder | Out-Null
  Save-Module -Name Pester -Path $folder -Repository PSGallery @wanted -Force
}

function Import-Pester([string] $here, [string] $version) {
  $beside = Join-Path $here 'modules'
  $env:PSModulePath = $beside + [IO.Path]::PathSeparator + $env:PSModulePath
  $found = Find-Pester $version
  if (-not $found) {
    $wanted = if ($version) { "Pester $version" } else { 'Pester 5 or newer' }
    $there = @(Get-Module -ListAvailable -Name Pester | ForEach-Object { "$($_.Version)" }) -join ', '
    try { Save-Pester $beside $version } catch {
      throw "$wanted is not on the machine (found: $(if ($there) { $there } else { 'none' })) and cannot be downloaded: $_ Install it in the playbook, or put a copy into $Modules."
    }
    $found = Find-Pester $version
    if (-not $found) { throw "$wanted was downloaded, but PowerShell does not find it" }
  }
  Import-Module $found.Path -Force
  "$($found.Version)"
}

function New-Settings([string] $here) {
  $given = @{}
  if ($Configuration) { $given = Import-PowerShellDataFile -Path (Join-Path $here $Configuration) }
  $settings = [PesterConfiguration] $given
  $path = Join-Path $here $Tests
  if ($Data.Count -gt 0) {
    $settings.Run.Path = '.'
    $settings.Run.Container = @(New-PesterContainer -Path $path -Data $Data)
  } else { $settings.Run.Path = $path }
  $settings.Run.PassThru = $true
  # The number of failed tests would become the exit code, and 256 is 0 to many programs.
  $settings.Run.Exit = $false
  if ($settings.Run.PSObject.Properties['Throw']) { $settings.Run.Throw = $false }
  # A colour code in a message breaks the report of Pester 5, and then Invoke-Pester returns nothing.
  $settings.TestResult.Enabled = $false
  if ($Tag.Count -gt 0) { $settings.Filter.Tag = $Tag }
  if ($ExcludeTag.Count -gt 0) { $settings.Filter.ExcludeTag = $ExcludeTag }
  if (-not $Configuration) { $settings.Output.Verbosity = 'Detailed' }
  $settings
}

function Get-Name($item) { if ("$($item.ExpandedName)") { "$($item.ExpandedName)" } else { "$($item.Name)" } }

# The names of the blocks around a test or block, and its own name.
function Get-Path($item, $parent) {
  $names = @(Get-Name $item)
  for ($block = $parent; $block -and -not $block.IsRoot; $block = $block.Parent) { $names = @(Get-Name $block) + $names }
  $names
}

function Get-Lines($block) { if ($block) { $block.Ast.Extent.StartLineNumber..$block.Ast.Extent.EndLineNumber } }

# Whether the preparation or the tidying of a block failed: by the lines of the error, and else by whether tests ran.
function Get-Part($block, $problem) {
  $lines = @([regex]::Matches("$($problem.ScriptStackTrace)", 'line (\d+)') | ForEach-Object { [int] $_.Groups[1].Value })
  $before = @(Get-Lines $block.OneTimeTestSetup | Where-Object { $_ -in $lines }).Count -gt 0
  $after = @(Get-Lines $block.OneTimeTestTeardown | Where-Object { $_ -in $lines }).Count -gt 0
  if ($before -ne $after) { if ($before) { return 'BeforeAll' } else { return 'AfterAll' } }
  if (@($block.Tests | Where-Object { $_.Executed }).Count -gt 0) { 'AfterAll' } else { 'BeforeAll' }
}

function Get-BlockProblem($block) {
  $name = if ($block.IsRoot) { Split-Path -Leaf "$($block.BlockContainer.Item)" } else { (Get-Path $block $block.Parent) -join ' > ' }
  foreach ($one in $block.ErrorRecord) {
    [ordered]@{ block = "$name"; part = Get-Part $block $one; message = "$($one.Exception.Message)" }
  }
}

# A file that cannot be read: its name, the line, and what the parser or the failed command says.
function Get-FileProblem($container) {
  $file = "$($container.Item)"
  foreach ($one in $container.ErrorRecord) {
    $line = 0
    $message = "$($one.Exception.Message)"
    $parsed = if ($one.Exception -is [Management.Automation.ParseException]) { $one.Exception.Errors | Select-Object -First 1 }
    if ($parsed) {
      $line = $parsed.Extent.StartLineNumber
      $message = $parsed.Message
    } elseif ("$($one.ScriptStackTrace)" -match "$([regex]::Escape($file)): line (\d+)") { $line = [int] $Matches[1] }
    [ordered]@{ file = Split-Path -Leaf $file; line = $line; message = $message }
  }
}

function Get-Case($test) {
  $messages = @($test.ErrorRecord | Where-Object { $_ } | ForEach-Object { "$($_.Exception.Message)" })
  if ($messages.Count -eq 0 -and -not $test.Executed) {
    for ($block = $test.Block; $block -and $messages.Count -eq 0; $block = $block.Parent) {
      $messages = @(Get-BlockProblem $block | ForEach-Object { "it did not run: $($_.block): $($_.part) failed: $($_.message)" })
    }
  }
  [ordered]@{
    path = [string[]] (Get-Path $test $test.Block); result = "$($test.Result)"; ms = [int] $test.Duration.TotalMilliseconds
    message = ($messages -join "`n"); file = Split-Path -Leaf "$($test.ScriptBlock.File)"; line = [int] $test.StartLine
  }
}

# Everything is in a function: the tests could change variables of the script.
function Invoke-Suite([string] $here, [string] $to) {
  $about = $null
  try {
    $version = Import-Pester $here $Version
    $settings = New-Settings $here
    $run = $null
    # A test that leaves a loop which is not there ends this one instead of this script.
    do { $run = @(Invoke-Pester -Configuration $settings)[-1] } while ($false)
    if (-not $run) { throw 'Invoke-Pester returned no result: a test left Pester, for example with a break to an unknown label' }
    $about = [ordered]@{
      version = $version; result = "$($run.Result)"; total = [int] $run.TotalCount; notRun = [int] $run.NotRunCount
      cases = [object[]] @($run.Tests | Where-Object { "$($_.Result)" -ne 'NotRun' } | ForEach-Object { Get-Case $_ })
      blocks = [object[]] @($run.FailedBlocks | Where-Object { $_ } | ForEach-Object { Get-BlockProblem $_ })
      files = [object[]] @($run.FailedContainers | Where-Object { $_ } | ForEach-Object { Get-FileProblem $_ })
    }
  } catch { $about = [ordered]@{ result = 'Error'; problem = "$_" } }
  if (-not (Test-Path -LiteralPath $here)) { New-Item -ItemType Directory -Force -Path $here | Out-Null }
  [IO.File]::WriteAllText($to, ($about | ConvertTo-Json -Compress -Depth 5))
  if ($about.problem) { [Console]::Error.WriteLine($about.problem) }
  if ($about.result -eq 'Passed') { 0 } elseif ($about.result -eq 'Error') { 2 } else { 1 }
}

$place = Split-Path -Parent $MyInvocation.MyCommand.Path
# Pester writes to the host; what a test writes to the output must not become part of the exit code.
exit @(Invoke-Suite $place (Join-Path $place $Results))[-1]
