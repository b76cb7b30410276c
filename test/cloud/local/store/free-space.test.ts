import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { explainFullDisk, requireSpace } from '../../../../src/cloud/local/store/free-space.ts'
import { MissingError } from '../../../../src/core/errors.ts'

const exbibyte = 2 ** 60

it('the error names the folder, the needed space and the free space', async () => {
  await expect(requireSpace(tmpdir(), exbibyte, 'The base disk')).rejects.toThrow(
    new RegExp(`The base disk needs 1073741824\\.0 GiB in ${tmpdir()}, [\\d.]+ GiB are free`),
  )
  await requireSpace(tmpdir(), 1, 'The base disk')
})

it.each([
  ['the operating system', Object.assign(new Error('write'), { code: 'ENOSPC' })],
  ['a tool', new Error('mke2fs: No space left on device')],
])('explains a full disk, as reported by %s', async (_who, error) => {
  const explained = await explainFullDisk(error, tmpdir(), 1, 'The base disk')
  expect(explained).toBeInstanceOf(MissingError)
  expect((explained as MissingError).cause).toBe(error)
})

it('does not change other errors', async () => {
  const error = new Error('no')
  expect(await explainFullDisk(error, tmpdir(), 1, 'x')).toBe(error)
})
