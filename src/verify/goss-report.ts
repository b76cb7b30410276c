import type { CaseResult, SuiteReport } from '../model/suite-result.ts'
import { disagreement, judgeAnswer, suiteReport } from './judge.ts'
import { parseJunit } from './junit.ts'

/** Parses the report of goss. It prints one document per attempt; the last one counts. */
export function parseGoss(stdout: string, exitCode: number, said: string): SuiteReport {
  const start = stdout.lastIndexOf('<?xml')
  const end = stdout.lastIndexOf('</testsuite>')
  const report = start < 0 || end < start ? undefined : stdout.slice(start, end + '</testsuite>'.length)
  return judgeAnswer('goss', { report, exitCode, said }, (text) => {
    const cases = parseJunit(text)
    const failed = new Map(cases.filter(({ status }) => status === 'failed').map(({ name }) => splitName(name)))
    return suiteReport(
      cases.map((one) => readable(one, failed)),
      disagreement(exitCode, cases),
    )
  })
}

/** `Service nginx running`: the resource and its attribute. */
function splitName(name: string): [resource: string, attribute: string] {
  const end = name.lastIndexOf(' ')
  return [name.slice(0, end), name.slice(end + 1)]
}

/** For the case `Service nginx running`, `Service: nginx: running: Expected false to equal true` becomes `expected true, got false`. */
function readable(one: CaseResult, failed: ReadonlyMap<string, string>): CaseResult {
  if (one.message === undefined) return one
  const [resource, attribute] = splitName(one.name)
  if (one.status === 'skipped') return { ...one, message: one.message || explainSkip(failed.get(resource)) }
  const flat = one.message
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim()
  const words = resource.split(' ')
  const prefix = `${words[0]}: ${words.slice(1).join(' ')}: ${attribute}: `
  const rest = flat.startsWith(prefix) ? flat.slice(prefix.length) : flat
  return { ...one, message: rest.replace(/^Expected (.+) to equal (.+)$/, 'expected $2, got $1') }
}

/** goss gives no reason. It skips what the file says, and further attributes of a resource whose first attribute failed. */
function explainSkip(failed: string | undefined): string {
  return failed === undefined ? 'skipped by the goss file (skip: true)' : `not checked, because ${failed} failed`
}
