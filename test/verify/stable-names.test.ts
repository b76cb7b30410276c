import { expect, test } from 'vitest'
import type { SuiteReport } from '../../src/model/suite-result.ts'
import { reportTasks } from '../../src/verify/ansible.ts'
import { parseGoss } from '../../src/verify/goss-report.ts'
import { parseInspec } from '../../src/verify/inspec-report.ts'
import { parsePester } from '../../src/verify/pester-results.ts'
import { parseTestinfra } from '../../src/verify/testinfra.ts'
import { listVerifiers } from '../../src/verify/verifiers.ts'
import { renderPesterResults } from '../helpers/pester.ts'

/** What differs between two builds: the address of the machine, times, temporary folders. */
interface Build {
  readonly address: string
  readonly ms: number
  readonly folder: string
}

const junit = (name: string, { ms }: Build): string =>
  `<?xml version="1.0"?><testsuite tests="1" timestamp="2026-11-27T04:28:${ms}"><testcase classname="verify" name="${name}" time="0.0${ms}"/></testsuite>`
const said = ''

/** The report of each verifier for one suite that passed, as its tool writes it in this build. */
const reports: Readonly<Record<string, (build: Build) => SuiteReport>> = {
  goss: (build) => parseGoss(junit('Service nginx running', build), 0, said),
  testinfra: (build) => parseTestinfra({ report: junit(`test_time[ssh://${build.address}-utc]`, build), exitCode: 0, said }, build.address),
  ansible: ({ ms, address }) => {
    const end = { event: 'end', task: 'The clock is right', action: 'ansible.builtin.assert', status: 'ok', forgiven: false } as const
    return reportTasks([{ ...end, ms, message: `all is well on ${address}` }], undefined)
  },
  pester: ({ ms, folder }) => {
    const test = { path: ['The machine', 'has a home'], result: 'Passed', ms, message: '', file: `${folder}\\base.Tests.ps1`, line: 3 }
    return parsePester({ results: JSON.stringify(renderPesterResults([], { total: 1, cases: [test] })), exitCode: 0, said })
  },
  inspec: ({ ms, folder }) => {
    const results = [{ status: 'passed', code_desc: 'File /etc is expected to be directory', run_time: ms / 1000 }]
    const controls = [{ id: `(generated from a.rb:7 ${Buffer.from(folder).toString('hex')})`, title: null, results }]
    return parseInspec({ report: JSON.stringify({ profiles: [{ name: 'p', controls }] }), exitCode: 0, said })
  },
}

test.each((await listVerifiers()).map(({ name }) => name))('%s gives a test case the same name in two builds', (name) => {
  const namesIn = (build: Build): string[] => reports[name]?.(build).cases.map((one) => one.name) ?? []
  const first = namesIn({ address: '10.0.0.1', ms: 11, folder: 'C:\\Temp\\ansible.x1y2.bakehouse' })
  expect(first).toHaveLength(1)
  expect(first[0]).not.toMatch(/ansible\.|10\.0\.0|generated/)
  expect(namesIn({ address: '10.0.0.2', ms: 22, folder: 'C:\\Temp\\ansible.z3w4.bakehouse' })).toEqual(first)
})
