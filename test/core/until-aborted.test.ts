import { expect, test } from 'vitest'
import { untilAborted } from '../../src/core/until-aborted.ts'

const forever = new Promise<never>(() => {})

test('returns what the operation returns, and throws what it throws', async () => {
  const { signal } = new AbortController()
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1)
  await expect(untilAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
})

test.each(['before', 'after'])('gives up an operation that does not end, if the signal is aborted %s it starts', async (when) => {
  const controller = new AbortController()
  if (when === 'before') controller.abort(new Error('cancelled'))
  const waiting = untilAborted(forever, controller.signal, 10)
  controller.abort(new Error('cancelled'))
  await expect(waiting).rejects.toThrow('cancelled')
})

test('lets an operation end by itself after the signal', async () => {
  const controller = new AbortController()
  const operation = new Promise((_, reject) => {
    controller.signal.addEventListener('abort', () => setTimeout(() => reject(new Error('cleaned up')), 10))
  })
  const waiting = untilAborted(operation, controller.signal, 60_000)
  controller.abort(new Error('cancelled'))
  await expect(waiting).rejects.toThrow('cleaned up')
})
