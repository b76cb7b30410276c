import { expect, expectTypeOf, it } from 'vitest'
import { defined } from '../../src/core/defined.ts'

it('a property that is undefined is absent; every other value stays', () => {
  const object = defined({ a: undefined, b: false, c: 0, d: '', e: null })
  expect(object).toStrictEqual({ b: false, c: 0, d: '', e: null })
  expect(Object.keys(object)).not.toContain('a')
})

it('fits a type whose optional properties must not be undefined', () => {
  const signal = undefined as AbortSignal | undefined
  expectTypeOf(defined({ name: 'x', signal })).toExtend<{ name: string; signal?: AbortSignal }>()
  const options: { readonly name: string; readonly signal?: AbortSignal } = defined({ name: 'x', signal })
  expect(options).toStrictEqual({ name: 'x' })
})
