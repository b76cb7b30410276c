import { expect, it } from 'vitest'
import { explainTrouble } from '../../src/bake/explain.ts'
import { MissingError } from '../../src/core/errors.ts'
import type { StepResult } from '../../src/model/step.ts'
import type { StepResults } from '../../src/steps/results.ts'

type Ended = Partial<StepResult> & Pick<StepResult, 'status'>
const step = (name: StepResult['step'], ended: Ended | object): StepResult =>
  ({ step: name, durationMs: 1, log: '', suites: [], ...ended }) as StepResult
const exited = new Error('exit status 10')
/** The error that the SDK throws if a run of the engine failed. */
const engineError = (err: object): Error => Object.assign(new Error('code: -2'), { commandResult: { err } })

const explain = (error: unknown, steps: StepResults = {}, failures: Parameters<typeof explainTrouble>[1]['failures'] = []) =>
  explainTrouble(error, { steps, failures, findRefusal: undefined })

it.each([
  [
    { status: 'failed', cause: 'no', hint: 'do this' },
    { kind: 'rejected', why: 'no', hint: 'do this' },
  ],
  [
    { status: 'missing', cause: 'no', hint: 'do this' },
    { kind: 'missing', what: 'no', hint: 'do this' },
  ],
  [
    { status: 'bug', cause: 'x is undefined', stack: 'at y' },
    { kind: 'bug', why: 'x is undefined', stack: 'at y' },
  ],
  [
    { status: 'failed', cause: 'stopped by SIGTERM to the step configure', stoppedBy: 'SIGTERM to the step configure' },
    { kind: 'interrupted', by: 'SIGTERM to the step configure' },
  ],
] as const)('a step with the result %j ends the build as %j', (ended, trouble) => {
  expect(explain(exited, { configure: step('configure', ended) })).toEqual(trouble)
})

it('the cause is the last failed step, else the first error of the engine with a phase, else its first error', () => {
  const told = [
    { phase: undefined, message: 'update failed' },
    { phase: 'trial' as const, message: 'never came up' },
  ]
  const good = { configure: step('configure', { status: 'ok' }) }
  expect(explain(exited, good, told)).toEqual({ kind: 'rejected', why: 'never came up' })
  expect(explain(exited, good, told.slice(0, 1))).toEqual({ kind: 'rejected', why: 'update failed' })
  const bad = { ...good, verify: step('verify', { status: 'failed', cause: 'goss: x' }) }
  expect(explain(exited, bad, told)).toEqual({ kind: 'rejected', why: 'goss: x' })
})

it('takes the hint of a provider from the second line of its message', () => {
  const told = [{ phase: 'trial' as const, message: 'cannot log in to the machine\nhint: read the console log' }]
  expect(explain(exited, {}, told)).toEqual({ kind: 'rejected', why: 'cannot log in to the machine', hint: 'read the console log' })
})

it('an error of the provider that the cloud takes for a refusal does not blame the image; an error of a command speaks for itself', () => {
  const findRefusal = (message: string) =>
    message.includes('Expired') ? new MissingError('the credentials have expired', { hint: 'log in' }) : undefined
  const ending = (message: string) => explainTrouble(exited, { steps: {}, failures: [{ phase: 'candidate', message }], findRefusal })
  expect(ending('api error Expired: x')).toEqual({ kind: 'missing', what: 'the credentials have expired', hint: 'log in' })
  expect(ending('api error Other: x')).toEqual({ kind: 'rejected', why: 'api error Other: x' })
  expect(ending('exit status 10: running "x":\nExpired')).toEqual({ kind: 'rejected', why: 'Expired' })
})

it.each([
  ['3', { kind: 'missing', what: 'EC2 has no capacity', hint: 'add types' }],
  ['10', { kind: 'rejected', why: 'EC2 has no capacity', hint: 'add types' }],
  ['1', { kind: 'rejected', why: 'EC2 has no capacity', hint: 'add types' }],
])('a command that exits with %s says by that who must act, and its message has no command line', (exitCode, trouble) => {
  const message = `exit status ${exitCode}: running "'/a b/node' '/c/run.ts' launch":\nEC2 has no capacity\nhint: add types`
  expect(explain(exited, {}, [{ phase: 'base', message }])).toEqual(trouble)
})

it.each([
  ['the bundled plugin', 'exit status SIGKILL: running "node run.ts"', { kind: 'interrupted', by: 'SIGKILL to the step seal' }],
  ['the official plugin', 'signal: killed: running "node run.ts"', { kind: 'interrupted', by: 'killed to the step seal' }],
  ['the plugin, without a signal (a crash)', 'exit status 1: running x', { kind: 'bug', why: 'the step seal ended without a result' }],
])('explains a step without a result, as reported by %s', (_who, message, trouble) => {
  expect(explain(exited, {}, [{ phase: 'seal', message }])).toMatchObject(trouble)
})

it.each([
  ['a killed engine', engineError({ exitCode: 137, stderr: '' }), { kind: 'interrupted', by: 'SIGKILL to the Pulumi engine' }],
  ['a killed engine wrapper', engineError({ signal: 'SIGTERM' }), { kind: 'interrupted', by: 'SIGTERM to the Pulumi engine' }],
  [
    'an engine without its backend',
    engineError({ exitCode: 255, stderr: 'error: no such bucket' }),
    { kind: 'missing', what: 'the Pulumi engine failed: no such bucket' },
  ],
  ['a missing tool', new MissingError('no xorriso', { hint: 'install it' }), { kind: 'missing', hint: 'install it' }],
  ['a missing command', Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'spawn ssh' }), { kind: 'missing' }],
  ['a full disk', Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' }), { kind: 'missing', what: 'no space' }],
  ['a crash', new TypeError('x is undefined'), { kind: 'bug', why: 'x is undefined', stack: expect.stringContaining('explain.test') }],
])('%s is reported with the kind of ending that tells who must act', (_what, error, trouble) => {
  expect(explain(error)).toMatchObject(trouble)
})
