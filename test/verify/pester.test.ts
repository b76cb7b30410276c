import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { defined } from '../../src/core/defined.ts'
import { isBad, type SuiteReport } from '../../src/model/suite-result.ts'
import { findProblem } from '../../src/verify/judge.ts'
import { type PesterOptions, renderPesterScript } from '../../src/verify/pester.ts'
import { parsePester } from '../../src/verify/pester-results.ts'
import { orSkipped, pesterFolders, pesterVersions, pwsh, runScript } from '../helpers/powershell.ts'

const folder = mkdtempSync(join(tmpdir(), 'bakehouse-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0

interface Suite {
  readonly version: string
  readonly files: Readonly<Record<string, string>>
  readonly tests?: string
  readonly options?: PesterOptions
  /** PowerShell that runs before the script. */
  readonly before?: string
  /** A folder of modules that is copied beside the script. */
  readonly modules?: string
}

/** Runs tests with the real Pester, from the folder and in the way in which the product runs them. */
function runSuite({ version, files, tests = '.', options = {}, before = '', modules }: Suite): SuiteReport {
  const source = join(folder, `source-${++count}`)
  for (const [name, text] of Object.entries({ ...files, 'run.ps1': `\ufeff${renderPesterScript(tests, options)}` })) {
    mkdirSync(dirname(join(source, name)), { recursive: true })
    writeFileSync(join(source, name), text)
  }
  if (modules !== undefined) cpSync(modules, join(source, 'modules'), { recursive: true })
  const env = version in pesterFolders ? { PSModulePath: pesterFolders[version] ?? '' } : {}
  const { rc, stderr, place } = runScript({ source, before, temp: join(folder, `temp-${count}`), env })
  let results: string | undefined
  try {
    results = readFileSync(join(place, 'pester-results.json'), 'utf8')
  } catch {
    results = undefined
  }
  return parsePester({ results, exitCode: rc, said: stderr.trim().split('\n')[0] ?? '' })
}

const caseOf = ({ cases }: SuiteReport, name: string) => cases.find((each) => each.name === name)

/** One folder of tests for everything that a run can tell. */
const many = {
  'a.Tests.ps1': `
    BeforeAll { function Get-One { 1 } }
    Describe 'The machine' -Tag fast {
      It 'has a home' { Get-One | Should -Be 1 }
      It 'has <_> legs' -ForEach 2, 4 { $_ | Should -BeGreaterThan 1 }
      Context 'inside' { It 'is <name> & "warm"' -ForEach @{ name = '<b>' } { 1 | Should -Be 1 } }
      It 'prints in colour' { "$([char]27)[31mred$([char]27)[0m" | Should -Be 'blue' }
      It 'is named in colour' { throw "$([char]27)[31mred$([char]27)[0m alarm" }
      It 'is left out' -Skip { }
      It 'knows nothing' { Set-ItResult -Inconclusive -Because 'no network' }
    }
    Describe 'Slow things' -Tag slow { It 'wait' { 1 | Should -Be 1 } }`,
  'b.Tests.ps1': `
    Describe 'Prepared' {
      BeforeAll {
        throw 'no preparation'
      }
      It 'never ran' { 1 | Should -Be 1 }
    }
    Describe 'Tidied' {
      AfterAll { throw 'no tidying' }
      It 'ran' { 1 | Should -Be 1 }
    }`,
  'c.Tests.ps1': `
Describe 'Cut off' {
  It 'one' { 1 | Should -Be 1
}`,
  'd.Tests.ps1': `
Describe 'Unknown' {
  Get-NoSuchCommand
  It 'one' { 1 | Should -Be 1 }
}`,
}

const hostile = `
  $ErrorActionPreference = 'SilentlyContinue'
  $global:ErrorActionPreference = 'SilentlyContinue'
  $global:Results = 'elsewhere'
  Describe 'Hostile' {
    It 'changes how errors end' { $global:ErrorActionPreference = 'Ignore'; 1 | Should -Be 2 }
    It 'leaves the folder' { Set-Location /; 1 | Should -Be 1 }
    It 'breaks' { break; 1 | Should -Be 2 }
    It 'writes' { 'output'; Write-Host 'host'; [Console]::Out.WriteLine('console') }
    It 'removes the files of the build' { Remove-Item "$PSScriptRoot/*" -Recurse -Force; Remove-Item $PSScriptRoot -Recurse -Force }
    It 'exits' { exit 0 }
  }`

describe.skipIf(!pwsh)(`a suite of the real Pester${orSkipped}`, { timeout: 900_000 }, () => {
  it.each(pesterVersions)('version %s has one test case per test, named after its blocks, with the same name in each build', (version) => {
    const report = runSuite({ version, files: { ...many, 'z.Tests.ps1': hostile } })
    expect(report.cases.map(({ name, status }) => [name, status])).toEqual([
      ['The machine › has a home', 'passed'],
      ['The machine › has 2 legs', 'passed'],
      ['The machine › has 4 legs', 'passed'],
      ['The machine › prints in colour', 'failed'],
      ['The machine › is named in colour', 'failed'],
      ['The machine › is left out', 'skipped'],
      ['The machine › knows nothing', 'error'],
      ['The machine › inside › is <b> & "warm"', 'passed'],
      ['Slow things › wait', 'passed'],
      ['Prepared › never ran', 'failed'],
      ['Tidied › ran', 'passed'],
      ['Hostile › changes how errors end', 'failed'],
      ['Hostile › leaves the folder', 'passed'],
      // Pester itself takes a test that leaves by a break for a test that ended.
      ['Hostile › breaks', 'passed'],
      ['Hostile › writes', 'passed'],
      ['Hostile › removes the files of the build', 'passed'],
      ['Hostile › exits', 'failed'],
    ])
    expect(caseOf(report, 'The machine › prints in colour')?.message).toMatch(
      /^a\.Tests\.ps1:7: Expected strings to be the same[\s\S]*'red'/,
    )
    expect(caseOf(report, 'The machine › is named in colour')?.message).toBe('a.Tests.ps1:8: red alarm')
    expect(caseOf(report, 'The machine › knows nothing')?.message).toContain('no network')
    expect(caseOf(report, 'Prepared › never ran')?.message).toContain('it did not run: Prepared: BeforeAll failed: no preparation')
    expect(report.problem?.split('; ')).toEqual([
      "c.Tests.ps1:2: Missing closing '}' in statement block or type definition.",
      expect.stringMatching(/^d\.Tests\.ps1:3: The term 'Get-NoSuchCommand' is not recognized/),
      'Prepared: BeforeAll failed: no preparation',
      'Tidied: AfterAll failed: no tidying',
    ])
  })

  const newest = pesterVersions.at(-1) ?? ''

  it('has the same names of test cases in two builds', () => {
    const names = (): string[] => runSuite({ version: newest, files: { 'a.Tests.ps1': many['a.Tests.ps1'] } }).cases.map(({ name }) => name)
    const [first, second] = [names(), names()]
    expect(first.length).toBeGreaterThan(5)
    expect(second).toEqual(first)
    expect(first.join()).not.toMatch(/ansible\.|bakehouse|Tests\.ps1/)
  })

  it.each([
    ['ends PowerShell in a test', "Describe 'a' { It 'b' { [Environment]::Exit(0) } }", /wrote no results \(exit code 0\)/],
    ['exits while its tests are collected', "exit 0\nDescribe 'a' { It 'b' { 1 | Should -Be 2 } }", /wrote no results|no test ran|exit/],
    ['breaks to a label that is not there', "Describe 'a' { It 'b' { break nowhere } ; It 'c' { } }", /break/],
  ])('is refused when a file %s', (_what, text, why) => {
    const report = runSuite({ version: newest, files: { 'a.Tests.ps1': text } })
    expect([findProblem(report, undefined), ...report.cases.filter(isBad).map(({ message }) => message)].join()).toMatch(why)
  })

  it('has the tags, data and configuration of the family, but not the paths, reports and exit codes of that configuration', () => {
    const configuration = `@{
      Run = @{ Path = '/nowhere'; Exit = $true; PassThru = $false; Throw = $true }
      Filter = @{ ExcludeTag = @('slow') }
      TestResult = @{ Enabled = $true; OutputPath = '/nowhere/x.xml' }
    }`
    const test = `param([string] $Name, [int[]] $Numbers, [bool] $On)
      Describe 'Data' -Tag fast {
        It 'is text that nothing expands' { $Name | Should -Be 'it''s $(Get-Date) ’’x' }
        It 'is a list and a switch' { "$Numbers $On" | Should -Be '1 2 True' }
        It 'can be wrong' { $Name | Should -Be '' }
      }
      Describe 'Slow' -Tag slow, fast { It 'fails' { 1 | Should -Be 2 } }
      Describe 'Untagged' { It 'fails' { 1 | Should -Be 2 } }`
    const data = { Name: "it's $(Get-Date) ’x", Numbers: [1, 2], On: true }
    const options = { tag: ['fast'], data, configuration: 'verify/pester.psd1' }
    const { cases, problem } = runSuite({ version: newest, files: { 'a.Tests.ps1': test, 'pester-settings.psd1': configuration }, options })
    expect(problem).toBeUndefined()
    expect(cases.map(({ status }) => status)).toEqual(['passed', 'passed', 'failed'])
  })
})

/** The gallery as it is on a fresh server: it gives nothing before its provider is installed. */
const gallery = (from: string | undefined): string => `
  function Install-PackageProvider { param($Name, $MinimumVersion, [switch] $Force) if ($Name -eq 'NuGet' -and $Force) { $global:Provider = $MinimumVersion } }
  function Save-Module {
    param($Name, $Path, $Repository, $MinimumVersion, $MaximumVersion, $RequiredVersion, [switch] $Force)
    if ($global:Provider -lt [version] '2.8.5.201') { throw 'NuGet provider is required to interact with NuGet-based repositories.' }
    ${from === undefined ? "throw 'Unable to resolve package source.'" : `Copy-Item -Recurse '${from}/Pester' $Path`}
  }`

describe.skipIf(!pwsh || !('5.7.1' in pesterFolders))(`the version of Pester${orSkipped}`, { timeout: 900_000 }, () => {
  const files = { 'a.Tests.ps1': 'Describe \'a\' { It "has $((Get-Module Pester).Version)" { 1 | Should -Be 1 } }' }
  const old = join(folder, 'old')
  mkdirSync(join(old, 'Pester/3.4.0'), { recursive: true })
  writeFileSync(join(old, 'Pester/3.4.0/Pester.psd1'), "@{ ModuleVersion = '3.4.0'; RootModule = 'Pester.psm1' }")
  writeFileSync(join(old, 'Pester/3.4.0/Pester.psm1'), 'throw "the old Pester was loaded"')
  const every = `$env:PSModulePath = '${[old, ...Object.values(pesterFolders)].join(':')}'`
  const ownModules = join(import.meta.dirname, '../../playbooks/windows-base/verify/modules')
  const onlyOld = `$env:PSModulePath = '${old}'`

  it.each([
    ['is the newest of the series that the family names', every, { version: '5' }, '5.9.1', undefined],
    ['is the newest on the machine, also if the family has a copy', every, {}, '6.2.0', ownModules],
    ['comes from the gallery where the machine has 3.4 only', `${onlyOld}${gallery(pesterFolders['6.2.0'])}`, {}, '6.2.0', undefined],
    [
      'is the copy beside the tests of windows-base where there is 3.4 only, and no gallery',
      `${onlyOld}${gallery(undefined)}`,
      {},
      '5.9.1',
      ownModules,
    ],
  ] as [string, string, PesterOptions, string, string | undefined][])('%s', (_what, before, options, expected, modules) => {
    const { cases, problem } = runSuite({ version: '', files, options, before, ...defined({ modules }) })
    expect(problem).toBeUndefined()
    expect(cases[0]?.name).toBe(`a › has ${expected}`)
  })

  it('is missing: the message names what is there, why it cannot be downloaded, and what to do', () => {
    const { problem } = runSuite({ version: '', files, before: `${onlyOld}${gallery(undefined)}` })
    expect(problem).toBe(
      'Pester did not run to its end: Pester 5 or newer is not on the machine (found: 3.4.0) and cannot be downloaded: Unable to resolve package source. Install it in the playbook, or put a copy into verify/modules.',
    )
  })
})
