import { expect, it } from 'vitest'
import { parseStepResult, type StepResult, verdictOf } from '../../src/model/step.ts'

const result: StepResult = { step: 'configure', status: 'failed', cause: '', durationMs: 1, log: 'l', suites: [] }

it.each([1, 1_000, 10_000])('a verdict with a cause of %i lines is one line of a few kilobytes', (lines) => {
  const verdict = JSON.stringify(verdictOf({ ...result, cause: 'a line of a traceback\n'.repeat(lines) }))
  expect(verdict).not.toContain('\n')
  expect(verdict.length).toBeLessThan(4_000)
})

it.each(['{}', '{"status":"fine","suites":[]}', '{"status":"ok"}'])('%s is not accepted as the result of a step', (text) => {
  expect(() => parseStepResult(text)).toThrow('Expected the result of a step')
})
