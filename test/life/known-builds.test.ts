import { describe, expect, it } from 'vitest'
import { whyBuildDeletable, whyDeletable, whyForeign } from '../../src/life/known-builds.ts'
import type { Tags } from '../../src/model/tags.ts'

const now = new Date('2026-11-23T12:00:00Z')
const [past, future] = ['2026-11-23T11:00:00Z', '2026-11-23T13:00:00Z']

describe('the temporary resources of a build', () => {
  it.each([
    ['are in use while its process runs', { status: 'running' }, false, undefined],
    ['are orphaned if its process has ended', { status: 'interrupted' }, false, 'its build was interrupted'],
    [
      'are orphaned if it was interrupted and left something',
      { status: 'interrupted', left: ['stack x'] },
      false,
      'its build could not remove it',
    ],
    ['are orphaned if it could not remove them', { status: 'cancelled', left: ['instance i-1'] }, false, 'its build could not remove it'],
    ['do not exist if it removed all', { status: 'interrupted', left: [] }, true, undefined],
    ['do not exist if it kept nothing', { status: 'failed' }, true, undefined],
    ['are kept until their expiry', { status: 'failed', keptUntil: future }, false, undefined],
    ['are orphaned after their expiry', { status: 'promoted', keptUntil: past }, false, `it was kept until ${past}`],
    ['are orphaned before their expiry with --kept', { status: 'failed', keptUntil: future }, true, 'it was kept for inspection'],
  ] as const)('%s', (_claim, build, kept, why) => {
    expect(whyBuildDeletable(build, { kept, now })).toBe(why)
  })
})

describe('a tagged resource', () => {
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
    ['is kept while its build may need it', tags('live', 'trial', future), undefined],
    ['is orphaned after its expiry, in any build', tags('live', 'trial', past), `expired ${past}`],
    ['is orphaned if its build has ended', tags('dead', 'candidate', future), 'gone'],
    ['is kept if it is a promoted image', tags('live', 'promoted', ''), undefined],
    ['is kept if it is a finished promoted image of a killed build', tags('dead', 'promoted', ''), undefined],
    [
      'is orphaned if it is an unfinished promoted image',
      tags('cut', 'promoted', ''),
      'its build was interrupted before the image was complete',
    ],
  ] as const)('%s', (_claim, created, why) => {
    expect(whyDeletable(created, known, now)).toBe(why)
  })
})

describe('a thing whose tags were copied', () => {
  const known = { builds: new Set(['b1']), stacks: new Set(['web-2026.11.23', 'web']) }
  const tags: Tags = { tool: 'bakehouse', family: 'web', version: '2026.11.23', build: 'b1', stage: 'trial', expires: past }

  it.each([
    ['is not one if a record has its build', { tags: { ...tags, version: '1' } }, undefined],
    ['is not one if the state has a stack of its build', { tags: { ...tags, build: 'of another computer' } }, undefined],
    [
      'is left alone with only two of the tags',
      { tags: { ...tags, family: '', version: '', build: '', stage: '' as Tags['stage'] } },
      'it lacks the tags of a build: family, version, build, stage',
    ],
    [
      'is left alone if nothing knows its build',
      { tags: { ...tags, version: '2026.11.24', build: 'b2' } },
      'this project has neither a record nor a stack of its build, b2',
    ],
    ['is left alone if its cloud says that the build did not make it', { tags, foreign: 'other account' }, 'other account'],
  ] as const)('%s', (_claim, created, why) => {
    expect(whyForeign(created, known)).toBe(why)
  })
})
