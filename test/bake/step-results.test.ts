import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { explainFailure } from '../../src/bake/settle.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steps-'))
  mkdirSync(join(folder, 'steps'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (step: string, result: object): void =>
  writeFileSync(join(folder, 'steps', `${step}.json`), JSON.stringify({ step, ...result }))
const explain = (failures: Parameters<typeof explainFailure>[1]['failures'] = []) =>
  explainFailure(folder, { failures, cause: new Error('exit status 10'), redact: (text) => text.replace('secret', '***') })

it.each([
  [10, 'BuildFailed', 10],
  [3, 'MissingError', 3],
  [2, 'BuildFailed', 10],
  [1, 'BuildFailed', 10],
])('a step that ended with %i is %s', async (exitCode, name, ends) => {
  write('configure', { status: 'failed', exitCode, cause: 'no secret', hint: 'do this' })
  expect(await explain()).toMatchObject({ name, exitCode: ends, message: 'no ***', hint: 'do this' })
})

it('the last step that failed is the reason, then what the engine told of a phase, then what it told at all', async () => {
  expect((await explain()).message).toBe('exit status 10')
  const told = [
    { phase: undefined, message: 'update failed' },
    { phase: 'trial' as const, message: 'never came up' },
  ]
  expect((await explain(told)).message).toBe('never came up')
  write('configure', { status: 'ok', exitCode: 0, cause: '' })
  expect((await explain(told)).message).toBe('never came up')
  write('verify', { status: 'failed', exitCode: 10, cause: 'goss: x' })
  expect((await explain(told)).message).toBe('goss: x')
})
