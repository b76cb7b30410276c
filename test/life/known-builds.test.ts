import { describe, expect, it } from 'vitest'
import { whyBuildDeletable, whyDeletable } from '../../src/life/known-builds.ts'
import type { Tags } from '../../src/model/tags.ts'

const now = new Date('2026-11-23T12:00:00Z')
const [past, future] = ['2026-11-23T11:00:00Z', '2026-11-23T13:00:00Z']

describe('a build', () => {
  it.each([
    ['runs while its process does', { status: 'running' }, false, undefined],
    ['is over when its process is gone', { status: 'interrupted' }, false, 'its build was interrupted'],
    [
      'is over when it was interrupted and left something',
      { status: 'interrupted', left: ['stack x'] },
      false,
      'its build could not remove it',
    ],
    ['is over when it could not remove something', { status: 'cancelled', left: ['instance i-1'] }, false, 'its build could not remove it'],
    ['that removed all has nothing to end', { status: 'interrupted', left: [] }, true, undefined],
    ['that kept nothing has nothing to end', { status: 'failed' }, true, undefined],
    ['keeps what it kept until its time', { status: 'failed', keptUntil: future }, false, undefined],
    ['keeps it no longer', { status: 'promoted', keptUntil: past }, false, `it was kept until ${past}`],
    ['ends it sooner when asked to', { status: 'failed', keptUntil: future }, true, 'it was kept for inspection'],
  ] as const)('%s', (_claim, build, kept, why) => {
    expect(whyBuildDeletable(build, { kept, now })).toBe(why)
  })
})

describe('a thing that carries our tags', () => {
  const known = {
    ended: new Map([
      ['dead', 'gone'],
      ['cut', 'gone'],
    ]),
    unfinished: new Set(['cut']),
  }
  const tags = (build: string, stage: Tags['stage'], expires: string): { tags: Tags } => ({
    tags: { tool: 'bakehouse', family: 'f', version: '1', build, stage, expires },
  })

  it.each([
    ['is left alone while its build may need it', tags('live', 'trial', future), undefined],
    ['is a leftover once expired, whoever made it', tags('live', 'trial', past), `expired ${past}`],
    ['is a leftover of a build that has ended', tags('dead', 'candidate', future), 'gone'],
    ['is never one when it was promoted', tags('live', 'promoted', ''), undefined],
    ['is none when its build was killed after it was finished', tags('dead', 'promoted', ''), undefined],
    ['is one when it was never finished', tags('cut', 'promoted', ''), 'its build was cut off before it was finished'],
  ] as const)('%s', (_claim, created, why) => {
    expect(whyDeletable(created, known, now)).toBe(why)
  })
})
