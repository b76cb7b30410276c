import { afterEach, expect, test, vi } from 'vitest'
import { holdParameter, waitForParameter } from '../../../src/cloud/aws/publish.ts'
import { answerCalls, awsError } from './answer-calls.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** A parameter that AWS validates late: an update shows its value some reads later. */
function lateParameter(value: string, pending: readonly { readonly value: string; readonly reads: number }[]) {
  let reads = 0
  let current = value
  const written: string[] = []
  const coming = [...pending]
  answerCalls({
    GetParameter: () => {
      reads++
      while (coming[0] && coming[0].reads <= reads) current = coming.shift()?.value ?? current
      return { Parameter: { Value: current } }
    },
    PutParameter: ({ Value }: { Value: string }) => {
      // While AWS validates an update, it refuses another one.
      if (coming.length > 0) throw new Error('The parameter validation is still in process.')
      written.push(Value)
      coming.push({ value: Value, reads: reads + 2 })
      return {}
    },
  })
  return { written, current: () => current }
}

const wait = { region: 'eu-central-1', pauseMs: 1 }

test('a new value that AWS validates late is waited for', async () => {
  const parameter = lateParameter('ami-old', [{ value: 'ami-new', reads: 5 }])
  await waitForParameter('/x', 'ami-new', wait)
  expect(parameter.current()).toBe('ami-new')
})

test('a value that AWS never accepts is an error', async () => {
  lateParameter('ami-old', [])
  await expect(waitForParameter('/x', 'ami-new', { ...wait, deadlineMs: 20 })).rejects.toMatchObject({ exitCode: 10 })
})

test('after a failed promotion, the old value is set again when the new one arrives late', async () => {
  // The provider sees the old value and changes nothing: it is still there.
  const parameter = lateParameter('ami-old', [{ value: 'ami-new', reads: 4 }])
  await holdParameter('/x', 'ami-old', { ...wait, holdMs: 2_000 })
  expect(parameter.current()).toBe('ami-old')
  expect(new Set(parameter.written)).toEqual(new Set(['ami-old']))
})

test('a refusal for another reason ends it', async () => {
  answerCalls({
    GetParameter: () => ({ Parameter: { Value: 'ami-new' } }),
    PutParameter: () => {
      throw awsError('AccessDeniedException')
    },
  })
  await expect(holdParameter('/x', 'ami-old', { ...wait, holdMs: 5_000 })).rejects.toThrow('AccessDeniedException')
})

test('a parameter that keeps its value is not written', async () => {
  const parameter = lateParameter('ami-old', [])
  await holdParameter('/x', 'ami-old', { ...wait, holdMs: 20 })
  expect(parameter.written).toEqual([])
})
