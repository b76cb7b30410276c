/** One test in the results of Pester. */
export interface FakeTest {
  readonly path: readonly string[]
  readonly result: 'Passed' | 'Failed' | 'Skipped' | 'Inconclusive'
  readonly message?: string
}

/** The file of results that `pester.ps1` writes for these tests. */
export function renderPesterResults(tests: readonly FakeTest[], about: object = {}): object {
  const cases = tests.map(({ path, result, message = '' }) => ({ path, result, ms: 100, message, file: 'base.Tests.ps1', line: 3 }))
  const result = tests.some((each) => each.result === 'Failed') ? 'Failed' : 'Passed'
  return { version: '5.9.1', result, total: tests.length, notRun: 0, cases, blocks: [], files: [], ...about }
}
