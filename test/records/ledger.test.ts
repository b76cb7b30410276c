import { describe, expect, it, test } from 'vitest'
import { mergeRecords } from '../../src/records/all-history.ts'
import { addRecord, parseLedger, renderLedger } from '../../src/records/ledger.ts'
import { failedRecord, sampleRecord } from './sample.ts'

const running = (build: string, startedAt: string) => sampleRecord({ build, startedAt, status: 'running', suites: [] })

describe('the ledger of a family', () => {
  it('has the records of all its builds, without tasks, and with the details of failed test cases', () => {
    const failed = failedRecord({ build: 'b2' })
    const text = renderLedger(addRecord(addRecord([], sampleRecord({ build: 'b1' })), failed))
    const [newest, oldest] = parseLedger(text)
    expect([newest?.build, newest?.status, oldest?.build, oldest?.status]).toEqual(['b2', 'failed', 'b1', 'promoted'])
    expect(newest?.error).toEqual(failed.error)
    expect(newest?.suites.flatMap(({ cases }) => cases.map(({ name, status, message }) => [name, status, message]))).toEqual(
      failed.suites.flatMap(({ cases }) =>
        cases.map(({ name, status, message }) => [name, status, status === 'passed' ? undefined : message]),
      ),
    )
  })

  it('replaces the record of a build with a newer one', () => {
    const records = addRecord(addRecord([], running('b1', '2026-11-23T10:00:00Z')), failedRecord({ build: 'b1' }))
    expect(records.map(({ build, status }) => [build, status])).toEqual([['b1', 'failed']])
  })

  it('says that an earlier build which never ended was interrupted, when the next one begins', () => {
    const records = addRecord(addRecord([], running('b1', '2026-11-23T10:00:00Z')), running('b2', '2026-11-23T11:00:00Z'))
    expect(records.map(({ build, status }) => [build, status])).toEqual([
      ['b2', 'running'],
      ['b1', 'interrupted'],
    ])
  })

  it('is empty for a family that no version with a ledger has built', () => {
    expect(parseLedger(undefined)).toEqual([])
  })

  it('needs less than 600 bytes for each of 1,000 builds', () => {
    const random = (digits: number): string => Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join('')
    const records = Array.from({ length: 1000 }, (_, index) =>
      sampleRecord({
        build: random(12),
        version: `2026.11.23-${index}`,
        inputsDigest: `sha256:${random(64)}`,
        sourceCommit: random(40),
        durationMs: index * 37,
        phases: sampleRecord().phases.map((phase) => ({ ...phase, durationMs: Math.floor(Math.random() * 20_000) })),
      }),
    )
    expect(renderLedger(records).length / records.length).toBeLessThan(600)
  })
})

test.each([
  ['of this computer, with all details', sampleRecord(), sampleRecord({ tasks: [] }), 3],
  ['of the state, if this computer does not know the end', sampleRecord({ status: 'running' }), sampleRecord({ tasks: [] }), 0],
])('of two records of one build, the one %s is shown', (_which, local, known, tasks) => {
  expect(mergeRecords([local], [known]).map((record) => record.tasks.length)).toEqual([tasks])
})
