import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { UsageError } from '../../core/errors.ts'
import { runPowerShell } from '../windows/powershell.ts'
import { quotePowerShell } from '../windows/user-data.ts'
import type { SuiteReport } from './judge.ts'
import { parsePester } from './pester-report.ts'
import { type SuiteContext, suiteFile, type Verifier } from './verifier.ts'

/** Pester 5, run inside the machine; its report and a summary of its own are brought back. */
export const pester: Verifier = { run: runPester }

/** Where a family may keep a copy of the module, for machines that cannot fetch it. */
const modules = 'verify/modules'

async function runPester({ context, connection, suite, slug, timeoutMs }: SuiteContext): Promise<SuiteReport> {
  const { folder } = context.request.family
  const path = resolve(folder, suiteFile(suite))
  if (!existsSync(path)) throw new UsageError(`the suite ${suiteFile(suite)} is not there`, { hint: path })
  const isFolder = statSync(path).isDirectory()
  const own = resolve(folder, modules)
  const outcome = await runPowerShell(
    { context, connection },
    {
      script: renderPesterScript({ path: isFolder ? '.' : basename(path) }),
      ...(isFolder ? { folder: path } : { files: { [basename(path)]: readFileSync(path, 'utf8') } }),
      ...(existsSync(own) ? { modules: own } : {}),
      results: [pesterReport, pesterSummary],
      timeoutMs,
    },
  )
  context.log(`\n--- ${slug} (exit code ${outcome.exitCode})\n${outcome.stdout}${outcome.stderr}`)
  if (outcome.problem !== undefined) return { cases: [], problem: outcome.problem }
  return parsePester({
    report: outcome.results[pesterReport],
    summary: outcome.results[pesterSummary],
    exitCode: outcome.exitCode,
    said: outcome.stderr.trim().split('\n')[0] ?? '',
  })
}

export const pesterReport = 'pester-report.xml'
export const pesterSummary = 'pester-summary.json'

/** What a run of Pester is told. */
export interface PesterSpec {
  /** File or folder of tests, beside the script. */
  readonly path: string
  readonly format?: 'JUnitXml' | 'NUnitXml' | 'NUnit2.5' | 'NUnit3'
  /** Only tests with these tags. */
  readonly tags?: readonly string[]
}

/**
 * A script that runs Pester 5 by a configuration object and leaves a report and a summary. Exit codes: 0 all passed, 1 not,
 * 2 Pester itself did not get through. `Run.Exit` stays off: it would make a number of failures the exit code.
 */
export function renderPesterScript({ path, format = 'JUnitXml', tags = [] }: PesterSpec): string {
  return [
    "$ErrorActionPreference = 'Stop'",
    "$ProgressPreference = 'SilentlyContinue'",
    '$here = Split-Path -Parent $MyInvocation.MyCommand.Path',
    'function Write-Summary($summary) {',
    `  [IO.File]::WriteAllText((Join-Path $here ${quotePowerShell(pesterSummary)}), ($summary | ConvertTo-Json -Compress))`,
    '}',
    'try {',
    ...importPester.map((line) => `  ${line}`),
    '  $configuration = New-PesterConfiguration',
    `  $configuration.Run.Path = Join-Path $here ${quotePowerShell(path)}`,
    '  $configuration.Run.PassThru = $true',
    '  $configuration.Run.Exit = $false',
    '  $configuration.TestResult.Enabled = $true',
    `  $configuration.TestResult.OutputFormat = ${quotePowerShell(format)}`,
    `  $configuration.TestResult.OutputPath = Join-Path $here ${quotePowerShell(pesterReport)}`,
    "  $configuration.Output.Verbosity = 'Detailed'",
    ...(tags.length === 0 ? [] : [`  $configuration.Filter.Tag = @(${tags.map(quotePowerShell).join(', ')})`]),
    '  $run = Invoke-Pester -Configuration $configuration',
    '  Write-Summary ([ordered]@{',
    '    version = "$((Get-Module Pester).Version)"; result = "$($run.Result)"; total = $run.TotalCount; passed = $run.PassedCount',
    '    failed = $run.FailedCount; skipped = $run.SkippedCount; inconclusive = [int]$run.InconclusiveCount; notRun = $run.NotRunCount',
    '    failedBlocks = $run.FailedBlocksCount; failedContainers = $run.FailedContainersCount',
    '    errors = @(@($run.FailedContainers) + @($run.FailedBlocks) | Where-Object { $_ } | ForEach-Object { "$($_.ErrorRecord)" })',
    '  })',
    "  if ($run.Result -eq 'Passed') { exit 0 } else { exit 1 }",
    '} catch {',
    '  Write-Summary ([ordered]@{ result = \'Error\'; errors = @("$_") })',
    '  [Console]::Error.WriteLine("$_")',
    '  exit 2',
    '}',
    '',
  ].join('\r\n')
}

/** Windows brings Pester 3.4, which is another language: 5 is taken from beside the tests, from the machine, or from the gallery. */
const importPester: readonly string[] = [
  "$beside = Join-Path $here 'modules'",
  'if (Test-Path $beside) { $env:PSModulePath = "$beside;$env:PSModulePath" }',
  "$five = @{ MinimumVersion = [version]'5.0.0'; MaximumVersion = [version]'5.99.99' }",
  '$found = Get-Module -ListAvailable -Name Pester | Where-Object { $_.Version -ge $five.MinimumVersion -and $_.Version -le $five.MaximumVersion }',
  'if (-not $found) {',
  '  [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12',
  '  New-Item -ItemType Directory -Force -Path $beside | Out-Null',
  "  try { Save-Module -Name Pester -Path $beside -Repository PSGallery -MinimumVersion '5.0.0' -MaximumVersion '5.99.99' -Force }",
  `  catch { throw "Pester 5 is not in the machine and cannot be fetched: install it in the playbook, or keep it in ${modules}. $_" }`,
  '  $env:PSModulePath = "$beside;$env:PSModulePath"',
  '}',
  "Import-Module Pester -MinimumVersion '5.0.0' -MaximumVersion '5.99.99'",
]
