import { describe, expect, it } from 'vitest'
import { type Ending, outcomeOf, recordOf } from '../../src/model/ending.ts'
import { wordsOf } from '../../src/report/words.ts'

const nothing = { suites: [], weakSuites: [], left: [], phase: 'verify' as const }
const left = ['instance vm-1', 'stack web-2026.11.23']
const image = {
  ...{ imageId: 'i', imageName: 'n', version: '2026.11.23', family: 'web', cloud: 'local', region: 'local', imagesByRegion: {} },
  ...{ baseImage: 'b', digest: 'd', verified: [], promotedAt: 'now', sourceCommit: '', buildStack: 's', previousVersion: '' },
  inputsDigest: 'inputs',
}

const endings: [Ending, { status: string; exitCode: number; message: string; hint?: string }][] = [
  [
    { kind: 'rejected', why: 'goss: x', ...nothing },
    { status: 'failed', exitCode: 10, message: 'goss: x' },
  ],
  [
    { kind: 'missing', what: 'no goss', hint: 'get it', ...nothing },
    { status: 'failed', exitCode: 3, message: 'no goss', hint: 'get it' },
  ],
  [
    { kind: 'cancelled', ...nothing },
    { status: 'cancelled', exitCode: 8, message: 'cancelled during verify; everything the build made was removed' },
  ],
  [
    { kind: 'cancelled', ...nothing, left },
    {
      status: 'cancelled',
      exitCode: 8,
      message: 'cancelled during verify; not removed: instance vm-1, stack web-2026.11.23',
      hint: 'delete it: npm run bake -- reap --family linux-web',
    },
  ],
  [
    { kind: 'interrupted', by: 'SIGKILL to the Pulumi engine', ...nothing, left: ['stack web'] },
    {
      status: 'interrupted',
      exitCode: 9,
      message: 'interrupted during verify by SIGKILL to the Pulumi engine; not removed: stack web',
      hint: 'delete it: npm run bake -- reap --family linux-web',
    },
  ],
  [
    { kind: 'bug', why: 'x is undefined', stack: 'at y', ...nothing },
    { status: 'failed', exitCode: 1, message: 'x is undefined' },
  ],
]

describe('an ending', () => {
  it.each(endings)('%j gives record and outcome the same status, exit code and message', (ending, { status, exitCode, ...words }) => {
    expect(wordsOf(ending, 'linux-web')).toEqual(words)
    const record = recordOf(ending, wordsOf(ending, 'linux-web'))
    const outcome = outcomeOf(ending, wordsOf(ending, 'linux-web'))
    expect([record.status, outcome.status, record.ending]).toEqual([status, status, ending.kind])
    expect(record.error).toEqual({ ...words, phase: 'verify' })
    expect(outcome.error).toMatchObject({ ...words, phase: 'verify', exitCode })
  })

  it('with a promoted image contains the image; the input hash is only in the record', () => {
    const ending: Ending = { kind: 'promoted', image, imagePath: '/i.qcow2', suites: [], weakSuites: ['goss'] }
    const outcome = outcomeOf(ending, wordsOf(ending, 'linux-web'))
    expect(outcome).toMatchObject({ status: 'promoted', imageId: 'i', imagePath: '/i.qcow2', provesNothing: ['goss'] })
    expect(outcome).not.toHaveProperty('inputsDigest')
    expect(outcome).not.toHaveProperty('error')
    expect(recordOf(ending, wordsOf(ending, 'linux-web'))).toMatchObject({ status: 'promoted', image: { inputsDigest: 'inputs' } })
  })

  it('with kept machines contains the logins and the expiry', () => {
    const kept = { until: '2026-11-23T12:00:00Z', logins: ['ssh vm'] }
    const ending: Ending = { kind: 'rejected', why: 'x', ...nothing, kept }
    expect(outcomeOf(ending, wordsOf(ending, 'linux-web')).kept).toEqual(['ssh vm'])
    expect(recordOf(ending, wordsOf(ending, 'linux-web')).keptUntil).toBe('2026-11-23T12:00:00Z')
  })

  it('has a stack trace only for an internal error', () => {
    const stacks = endings.map(([ending]) => outcomeOf(ending, wordsOf(ending, 'linux-web')).error?.stack)
    expect(stacks.filter(Boolean)).toEqual(['at y'])
  })
})
