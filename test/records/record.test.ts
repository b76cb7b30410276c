import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/core/errors.ts'
import { findLatestGoodRecord, parseRecord } from '../../src/model/record.ts'
import { readHistory } from '../../src/records/history.ts'
import { readRecord, writeRecord } from '../../src/records/store.ts'
import { makeProject } from '../family/project.ts'
import { failedRecord, sampleRecord } from './sample.ts'

describe('a record', () => {
  test('is read as it was written, and no temporary file is left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bakehouse-test-'))
    await writeRecord(folder, failedRecord())
    await writeRecord(folder, sampleRecord())
    expect(readRecord(folder)).toEqual(sampleRecord())
    expect(readdirSync(folder)).toEqual(['record.json'])
  })

  test.each([
    ['truncated', JSON.stringify(sampleRecord()).slice(0, 100), 'got something that is not JSON'],
    ['empty', '', 'got something that is not JSON'],
    ['a list', '[]', 'got another kind of JSON'],
    ['of a newer schema version', '{"schemaVersion":2}', 'expected a record of schema version 1, got 2'],
    ['without its phases', JSON.stringify({ ...sampleRecord(), phases: undefined }), 'expected a record with phases, got one without'],
  ])('that is %s is an error with its path', (_what, text, says) => {
    expect(() => parseRecord(text, '/b/record.json')).toThrow(UsageError)
    expect(() => parseRecord(text, '/b/record.json')).toThrow(`/b/record.json: ${says.replace(/^got/, 'expected a build record, got')}`)
  })
})

describe('the history', () => {
  test('lists builds newest first, names damaged records, and finds the latest good image', async () => {
    using project = makeProject({})
    const builds = join(project.folder, '.bakehouse/builds/linux-web')
    await writeRecord(join(builds, '2026.11.21'), sampleRecord({ version: '2026.11.21', startedAt: '2026-11-21T10:00:00.000Z' }))
    await writeRecord(join(builds, '2026.11.22'), failedRecord({ version: '2026.11.22', startedAt: '2026-11-22T10:00:00.000Z' }))
    await writeRecord(join(builds, '2026.11.20'), sampleRecord({ version: '2026.11.20', startedAt: '2026-11-20T10:00:00.000Z' }))
    project.write('.bakehouse/builds/linux-web/2026.11.19/record.json', '{')
    writeFileSync(join(builds, 'stray'), '')
    const { records, damaged } = await readHistory()
    expect(records.map(({ version }) => version)).toEqual(['2026.11.22', '2026.11.21', '2026.11.20'])
    expect(damaged).toMatchObject([{ family: 'linux-web', version: '2026.11.19', problem: expect.stringContaining('not JSON') }])
    expect(findLatestGoodRecord(records, 'linux-web')?.status).toBe('promoted')
  })

  test('of a project without builds is empty', async () => {
    using _project = makeProject({})
    expect(await readHistory('linux-web')).toEqual({ records: [], damaged: [] })
  })
})
