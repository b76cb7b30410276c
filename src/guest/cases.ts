import type { CaseResult } from '../model/suite-result.ts'
import { describeCheck } from './checks.ts'

/** The case of a check that passed. */
export function passed(name: string): CaseResult {
  return { name, title: describeCheck(name), status: 'passed', durationMs: 0 }
}

/** The case of a check that could not run, with the reason. */
export function skipped(name: string, message: string): CaseResult {
  return { ...passed(name), status: 'skipped', message }
}

/** The case of a check that failed, with what it found. */
export function failed(name: string, message: string): CaseResult {
  return { ...passed(name), status: 'failed', message }
}
