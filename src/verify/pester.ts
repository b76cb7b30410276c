import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { defined } from '../core/defined.ts'
import { reasonOf, runPowerShell } from '../guest/powershell/powershell.ts'
import { renderScript } from '../guest/powershell/script.ts'
import type { SuiteReport } from '../model/suite-result.ts'
import { broken } from './judge.ts'
import { parsePester } from './pester-results.ts'
import { findSuiteFile, requireSuiteFile } from './suite-file.ts'
import type { SuiteContext, Verifier } from './verifier.ts'

/** Pester, version 5.0 or newer. It runs on the machine; its results are copied back. */
export const pester: Verifier = {
  name: 'pester',
  systems: ['windows'],
  files: { pester: 'any', configuration: 'file' },
  keys: ({ file, mapping, matching, texts }) => ({
    version: matching(/^([5-9]|[1-9]\d)(\.\d+){0,2}$/, 'a version of Pester from 5.0 on, such as "5.9.1" or "6", in quotes')
      .optional()
      .describe('The version of Pester: exact (`5.9.1`), or the newest of a series (`6`). Default: the newest one on the machine.'),
    tag: texts.optional().describe('Run only tests with one of these tags (`Filter.Tag` of Pester).'),
    excludeTag: texts.optional().describe('Leave out tests with one of these tags (`Filter.ExcludeTag` of Pester).'),
    data: mapping.optional().describe('Parameters of the test files (`New-PesterContainer -Data`). They must not be secret.'),
    configuration: file
      .optional()
      .describe('A configuration of Pester (`.psd1`), relative to the family folder. Paths, reports and exit codes in it are not used.'),
  }),
  run: runPester,
}

/** The further keys of a suite. */
export interface PesterOptions {
  readonly version?: string
  readonly tag?: readonly string[]
  readonly excludeTag?: readonly string[]
  readonly data?: Readonly<Record<string, unknown>>
  readonly configuration?: string
}

async function runPester(given: SuiteContext): Promise<SuiteReport> {
  await given.clear
  const path = requireSuiteFile(given, given.suite.file)
  const [name, isFolder] = [basename(path), statSync(path).isDirectory()]
  const options = given.suite.options as PesterOptions
  const settings = options.configuration === undefined ? undefined : readFileSync(requireSuiteFile(given, options.configuration), 'utf8')
  const own = findSuiteFile(given, modules)
  const outcome = await runPowerShell(given, {
    script: renderPesterScript(isFolder ? '.' : name, options),
    files: { ...(isFolder ? {} : { [name]: readFileSync(path, 'utf8') }), ...defined({ [settingsFile]: settings }) },
    ...defined({ folder: isFolder ? path : undefined, modules: own }),
    results: [resultsFile],
    timeoutMs: given.timeoutMs,
  })
  given.context.log(`\n--- ${given.slug} (exit code ${outcome.exitCode})\n${outcome.stdout}${outcome.stderr}`)
  if (outcome.problem !== undefined) return broken(outcome.problem)
  return parsePester({
    results: outcome.results[resultsFile],
    exitCode: outcome.exitCode,
    said: outcome.stderr.trim() === '' ? '' : reasonOf(outcome),
  })
}

const [resultsFile, settingsFile] = ['pester-results.json', 'pester-settings.psd1'] as const

/** Folder of a family for a copy of the module, for machines that cannot download it. */
const modules = 'verify/modules'

/** The script that runs Pester on tests in its folder: a file, or `.` for all. */
export function renderPesterScript(
  tests: string,
  { version = '', tag = [], excludeTag = [], data = {}, configuration }: PesterOptions = {},
): string {
  const known = {
    ...{ Tests: tests, Results: resultsFile, Modules: modules, Version: version, Tag: tag, ExcludeTag: excludeTag, Data: data },
    Configuration: configuration === undefined ? '' : settingsFile,
  }
  return renderScript(join(import.meta.dirname, 'pester.ps1'), known)
}
