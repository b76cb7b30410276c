import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cloudNames } from '../src/cloud/clouds.ts'
import { sourceFolder } from '../src/core/paths.ts'

const files = readdirSync(sourceFolder(), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
const outside = files.filter((path) => !path.startsWith('cloud/'))

describe('a cloud', () => {
  test('is known by name in cloud/choose.ts only', () => {
    const quoted = new RegExp(`['"\`](${cloudNames.join('|')})['"\`]`)
    const knowing = outside.filter((path) => quoted.test(readFileSync(join(sourceFolder(), path), 'utf8')))
    expect(knowing).toEqual([])
  })
})

describe('the source', () => {
  test('has no barrels and no utils', () => {
    expect(files.filter((path) => /(^|\/)(index|utils?|helpers?)(\.ts|\/)/.test(path))).toEqual([])
  })

  test('keeps every file within 250 lines', () => {
    const long = files.filter((path) => readFileSync(join(sourceFolder(), path), 'utf8').split('\n').length > 251)
    expect(long).toEqual([])
  })
})
