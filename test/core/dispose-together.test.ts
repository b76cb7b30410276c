import { expect, it } from 'vitest'
import { disposeTogether } from '../../src/core/dispose-together.ts'

it('disposes everything that was added, in reverse order', async () => {
  const disposed: number[] = []
  {
    await using together = disposeTogether()
    for (const number of [1, 2, 3]) {
      together.use({
        async [Symbol.asyncDispose]() {
          disposed.push(number)
        },
      })
    }
    expect(disposed).toEqual([])
  }
  expect(disposed).toEqual([3, 2, 1])
})
