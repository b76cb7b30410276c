import { describe, expect, it } from 'vitest'
import { whyEnded } from '../../src/bake/ended.ts'
import { whyLeftover } from '../../src/bake/reap.ts'
import type { Tags } from '../../src/core/model.ts'

const now = new Date('2026-11-23T12:00:00Z')
const [past, future] = ['2026-11-23T11:00:00Z', '2026-11-23T13:00:00Z']
const nobody = { running: new Set<string>(), kept: false, now }

describe('a build', () => {
  it.each([
    ['runs while its process does', { status: 'running' }, { ...nobody, running: new Set(['f']) }, undefined],
    ['is over when its process is gone', { status: 'running' }, nobody, 'the process of its build is gone'],
    ['that kept nothing has nothing to end', { status: 'failed' }, { ...nobody, kept: true }, undefined],
    ['keeps what it kept until its time', { status: 'failed', keptUntil: future }, nobody, undefined],
    ['keeps it no longer', { status: 'promoted', keptUntil: past }, nobody, `it was kept until ${past}`],
    ['ends it sooner when asked to', { status: 'failed', keptUntil: future }, { ...nobody, kept: true }, 'it was kept for a look'],
  ] as const)('%s', (_claim, build, about, why) => {
    expect(whyEnded({ family: 'f', ...build }, about)).toBe(why)
  })
})

describe('a thing that carries our tags', () => {
  const tags = (stage: Tags['stage'], expires: string): { tags: Tags } => ({
    tags: { tool: 'bakehouse', family: 'f', version: '1', build: 'b', stage, expires },
  })

  it.each([
    ['is left alone while its build may need it', tags('trial', future), [], undefined],
    ['is a leftover once expired, whoever made it', tags('trial', past), [], `expired ${past}`],
    ['is a leftover of a build that has ended', tags('candidate', future), [['b', 'gone']], 'gone'],
    ['is never one when it was promoted', tags('promoted', ''), [['b', 'gone']], undefined],
  ] as const)('%s', (_claim, created, ended, why) => {
    expect(whyLeftover(created, new Map(ended), now)).toBe(why)
  })
})
