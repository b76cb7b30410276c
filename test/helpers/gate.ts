import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { RejectedError } from '../../src/core/errors.ts'
import type { StepAnswer } from '../../src/model/step.ts'
import type { SuiteResult } from '../../src/model/suite-result.ts'
import { isBad, suitePassed } from '../../src/model/suite-result.ts'
import { verify } from '../../src/steps/verify.ts'
import { parseJunit } from '../../src/verify/junit.ts'
import { makeWindows } from './windows.ts'

const fixtures = join(import.meta.dirname, '../fixtures')

/** The files that a simulated tool writes, by name. With `hangs`, the tool never ends. */
export type Answer = Readonly<Record<string, string | object>>

let answers = ''
beforeEach(() => {
  answers = mkdtempSync(join(tmpdir(), 'bakehouse-answers-'))
})
afterEach(() => rmSync(answers, { recursive: true, force: true }))

/** Runs the verify step of a family with only this suite. */
export async function verifyLinux(suite: object, answer: Answer): Promise<readonly SuiteResult[]> {
  for (const [name, content] of Object.entries(answer)) {
    writeFileSync(join(answers, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  const report = join(answers, 'inspec.json')
  using linux = makeWindows('verify', {
    family: { os: 'linux', login: {}, verify: { suites: [suite], timeout: 'hangs' in answer ? '1s' : '1m' } },
    host: { user: 'root' },
    env: {
      BAKEHOUSE_VENV: join(fixtures, 'linux/venv'),
      BAKEHOUSE_GOSS: join(fixtures, 'linux/bin/ssh'),
      FAKE_LINUX: answers,
      PATH: `${join(fixtures, 'linux/bin')}:${join(fixtures, 'inspec')}:${process.env.PATH}`,
      FAKE_INSPEC: existsSync(report) ? report : '',
      FAKE_INSPEC_EXIT: String(answer['inspec.code'] ?? ''),
      FAKE_INSPEC_CALL: join(answers, 'call.json'),
      FAKE_INSPEC_HANGS: 'hangs' in answer ? '1' : '',
    },
  })
  mkdirSync(join(linux.family, 'verify/profile'), { recursive: true })
  for (const name of ['goss.yaml', 'test_it.py', 'verify.yml']) writeFileSync(join(linux.family, 'verify', name), '')
  return await judged(linux, verify(linux.context))
}

/** The same for a Windows family. */
export async function verifyWindows(suite: object, answer: Answer): Promise<readonly SuiteResult[]> {
  using windows = makeWindows('verify', { family: { verify: { suites: [suite], timeout: 'hangs' in answer ? '1s' : '1m' } } })
  const stdout = 'machine-id S-1-5-21-4-5-6\ncase\tpassed\t1\tsetup is complete\t\nhygiene done\n'
  windows.answer('hygiene/outcome.json', { rc: 0, stdout, stderr: '' })
  for (const [name, content] of Object.entries(answer)) windows.answer(`pester/${name}`, content)
  return await judged(windows, verify(windows.context))
}

/** The suites of a step that passed. Throws the cause of a failure, after checking the files for the report. */
async function judged(machine: { build: string }, step: Promise<StepAnswer>): Promise<readonly SuiteResult[]> {
  const answer = await step
  if (answer.status === 'ok') return answer.suites
  const bad = answer.suites.filter((suite) => !suitePassed(suite))
  expect(
    bad.map(({ verifier }) => verifier),
    'its own suite failed, and no other',
  ).toEqual([answer.suites.at(-1)?.verifier])
  const written = parseJunit(readFileSync(join(machine.build, bad[0]?.junit ?? ''), 'utf8'))
  expect(written.some(isBad), 'and says so in its JUnit XML').toBe(true)
  throw new RejectedError(answer.cause)
}

/** Expects that a step rejects the image for this reason. */
export async function expectStopped(step: Promise<unknown>, message: string): Promise<void> {
  const error = await step.then(
    () => expect.fail('it passed'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RejectedError)
  expect((error as RejectedError).exitCode).toBe(10)
  expect((error as RejectedError).message).toContain(message)
}
