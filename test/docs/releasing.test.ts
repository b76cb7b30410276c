import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { packageFolder } from '../../src/core/paths.ts'

const read = (path: string): string => readFileSync(join(packageFolder(), path), 'utf8')
const headings = read('CHANGELOG.md')
  .split('\n')
  .filter((line) => /^###? /.test(line))

test('CHANGELOG.md has the form of Keep a Changelog', () => {
  const [first, ...releases] = headings.filter((line) => line.startsWith('## '))
  expect(first).toBe('## [Unreleased]')
  for (const line of releases) expect(line).toMatch(/^## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/)
  const kinds = headings.filter((line) => line.startsWith('### ')).map((line) => line.slice(4))
  expect(kinds.filter((kind) => !['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'].includes(kind))).toEqual([])
})

test('the version of the package is the newest release in CHANGELOG.md; before the first release, it is 0.1.0', () => {
  const [newest = '0.1.0'] = headings.flatMap((line) => /^## \[(\d+\.\d+\.\d+)\]/.exec(line)?.[1] ?? [])
  expect(JSON.parse(read('package.json')).version).toBe(newest)
})

test('a tag publishes the package with provenance, after the checks, and only if the versions agree', () => {
  const workflow = parse(read('.github/workflows/release.yml'))
  const [steps, names] = [workflow.jobs.publish.steps as { run?: string; name?: string }[], Object.keys(workflow.on)]
  expect(names).toEqual(['push'])
  expect(workflow.on.push).toEqual({ tags: ['v*'] })
  expect(workflow.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
  const place = (part: string): number => steps.findIndex(({ run, name }) => run?.includes(part) || name?.includes(part))
  const order = ['same version', 'npm run check', 'npm publish --provenance'].map(place)
  expect(order.every((index) => index > 0)).toBe(true)
  expect(order).toEqual(order.toSorted((one, other) => one - other))
})
