import type { Reporter, TestModule } from 'vitest/node'

/** In CI, a skipped test is a failed test, because the machine must have everything that tests need. */
export default class SkipIsFailure implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')])
    for (const test of skipped) process.stderr.write(`skipped, which is a failure in CI: ${test.module.moduleId}: ${test.fullName}\n`)
    if (skipped.length > 0) process.exitCode = 1
  }
}
