import { expect, test } from 'vitest'
import type { Host } from '../../../src/core/model.ts'
import { readReport, testinfraArguments } from '../../../src/steps/verify/testinfra.ts'

const host = { address: '127.0.0.1', port: 2222, user: 'root' } as Host

test.each([
  ['names the machine', 'root', '--hosts=ssh://root@127.0.0.1:2222'],
  ['hands the shared connection on', 'root', '--ssh-extra-args=-o \'ControlPath="/tmp/a b"\''],
  ['asks for JUnit', 'root', '--junitxml=/b/junit/x.raw.xml'],
  ['leaves no cache in the family', 'root', '-p no:cacheprovider'],
  ['becomes root where it logs in as another', 'admin', '--sudo'],
])('testinfraArguments %s', (_claim, user, part) => {
  const connection = { host: { ...host, user }, options: ['-o', 'ControlPath="/tmp/a b"'] }
  const args = testinfraArguments({ connection, path: '/f/test_x.py', report: '/b/junit/x.raw.xml', slug: 'x' })
  expect(args.join(' ')).toContain(part)
  expect(args.at(-1)).toBe('/f/test_x.py')
})

test.each([
  [5, /^$/, 0],
  [2, /no report \(exit code 2\)/, 0],
  [4, /no report \(exit code 4\)/, 0],
])('without a report, exit code %i says why', (code, problem, cases) => {
  const report = readReport('/nowhere/report.xml', code)
  expect(report.problem ?? '').toMatch(problem)
  expect(report.cases).toHaveLength(cases)
})
