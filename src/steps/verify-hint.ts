import { stateCommandLine } from '../core/program.ts'
import { isBad, type SuiteResult } from '../model/suite-result.ts'

/** The most identifiers that a hint names. */
const most = 5

/** What to do about failed suites: the page about failed hygiene checks, and the command that lists all failed tests. */
export function hintForSuites(family: string, suites: readonly SuiteResult[]): string | undefined {
  const failed = suites.flatMap(({ verifier, cases }) => cases.filter(isBad).map(({ name }) => ({ verifier, name })))
  const checks = [...new Set(failed.filter(({ verifier }) => verifier === 'hygiene').map(({ name }) => name))]
  const hints = [
    ...(checks.length > 0 ? [`docs/checks.md says how to fix ${checks.slice(0, most).join(', ')}`] : []),
    ...(failed.length > 1 ? [`list all failed tests: ${stateCommandLine('show', family)}`] : []),
  ]
  return hints.length === 0 ? undefined : hints.join('; ')
}
