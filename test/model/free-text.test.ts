import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BuildEvent } from '../../src/model/events.ts'
import { cleanEvent, cleanSuite } from '../../src/model/free-text.ts'
import type { SuiteResult } from '../../src/model/suite-result.ts'
import { host, machineScript, makeStepFolder, type StepFolder } from '../helpers/step-folder.ts'

const secrets = { WORD: 'fail', YEAR: String(new Date().getFullYear()), NAME: 'hygiene', KIND: 'task-done', LEAK: 's3cr3t-value' }

let made: StepFolder
beforeEach(() => {
  made = makeStepFolder()
  writeFileSync(join(made.path, 'k.pub'), 'ssh-ed25519 AAAA x\n')
  made.request({ configure: { secrets: Object.fromEntries(Object.keys(secrets).map((env) => [env.toLowerCase(), { env }])) } })
})
afterEach(() => made[Symbol.dispose]())

test('a failed test case fails even if a secret equals a status; text of the guest is redacted', async () => {
  made.script('bin/ssh', machineScript('machine-id 99\ncase\tfailed\t1\tno-mail\tfound s3cr3t-value\n\nhygiene done'))
  const BAKEHOUSE_HOSTS = JSON.stringify([{ ...host, identityFile: join(made.path, 'k') }])
  const { exitCode, json } = await made.step('verify', { BAKEHOUSE_HOSTS, ...secrets })
  expect(exitCode).toBe(10)
  expect(json?.suites[0]).toMatchObject({ suite: 'hygiene', verifier: 'hygiene', junit: 'junit/hygiene.xml' })
  expect(json?.suites[0]?.cases[0]).toMatchObject({ status: 'failed', message: 'found [redacted]' })
  const events = readFileSync(join(made.path, 'events.jsonl'), 'utf8').trim().split('\n')
  for (const event of events.map((line) => JSON.parse(line) as BuildEvent)) {
    expect({ phase: event.phase, type: event.type.startsWith('task'), at: Number.isNaN(Date.parse(event.at)) }).toEqual({
      phase: 'verify',
      type: true,
      at: false,
    })
  }
  expect(readFileSync(join(made.path, 'junit/hygiene.xml'), 'utf8')).toContain('failures="1"')
})

const suite: SuiteResult = {
  suite: 'goss 2026',
  verifier: 'goss',
  junit: 'junit/goss-2026.xml',
  durationMs: 2026,
  cases: [
    { name: 'a 2026', status: 'failed', durationMs: 1, message: 'b 2026' },
    { name: 'a', status: 'passed', durationMs: 1 },
  ],
  problem: 'c 2026',
}
const clean = (text: string): string => text.replaceAll('2026', '*').replaceAll('failed', '*')

test('redacts only the free text of a suite', () => {
  expect(cleanSuite(suite, clean)).toEqual({
    ...suite,
    problem: 'c *',
    cases: [
      { name: 'a *', status: 'failed', durationMs: 1, message: 'b *' },
      { name: 'a', status: 'passed', durationMs: 1 },
    ],
  })
})

test.each<[BuildEvent, BuildEvent]>([
  [
    { type: 'task-done', phase: 'verify', name: 'a 2026', status: 'failed', durationMs: 1, at: '2026-11-27' },
    { type: 'task-done', phase: 'verify', name: 'a *', status: 'failed', durationMs: 1, at: '2026-11-27' },
  ],
  [
    { type: 'note', phase: 'verify', text: '2026', at: '2026-11-27' },
    { type: 'note', phase: 'verify', text: '*', at: '2026-11-27' },
  ],
  [
    { type: 'phase', phase: 'verify', status: 'failed', at: '2026-11-27' },
    { type: 'phase', phase: 'verify', status: 'failed', at: '2026-11-27' },
  ],
])('redacts only the free text of the event %j', (event, cleaned) => {
  expect(cleanEvent(event, clean)).toEqual(cleaned)
})
