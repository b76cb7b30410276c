import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as bakehouse from '../../src/bakehouse.ts'
import * as pulumi from '../../src/pulumi.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/library.md'), 'utf8')

test('the page of the library lists each of its functions, and no other', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  const listed = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)\(/g)].map(([, name]) => name))
  expect(listed.toSorted()).toEqual(Object.keys(bakehouse).toSorted())
})

test.each([
  ['bakehouse', bakehouse],
  ['bakehouse/pulumi', pulumi],
])('the example imports functions that %s has', (name, library) => {
  const [, names = ''] = new RegExp(`import \\{ (.*) \\} from '${name}'`).exec(page) ?? []
  expect(names).not.toBe('')
  for (const each of names.split(', ')) expect(library).toHaveProperty(each)
})
