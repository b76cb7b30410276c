import { describe, expect, it } from 'vitest'
import { compareVersions, nextVersion, parseVersion } from '../../src/model/version.ts'

const day = new Date('2026-11-23T23:59:59Z')

describe('versions', () => {
  it.each([
    [[], '2026.11.23'],
    [['2026.11.23'], '2026.11.23-2'],
    [['2026.11.23', '2026.11.23-2'], '2026.11.23-3'],
    [['2026.11.22', '2026.11.23-2'], '2026.11.23'],
  ])('if %j exist, the next one of the day is %s', (taken, expected) => {
    expect(nextVersion(day, new Set(taken))).toBe(expected)
  })

  it.each([
    ['2026.11.23', '2026.11.23-2'],
    ['2026.11.23-7', '2026.11.23-8'],
    ['2026.11.22-7', '2026.11.23'],
  ])('after the latest good version %s comes %s', (latest, expected) => {
    expect(nextVersion(day, new Set(), latest)).toBe(expected)
  })

  it.each(['2026.11.23', '2024.02.29', '2026.11.23-2', '2026.11.23-10'])('accepts %s', (text) => {
    expect(parseVersion(text)).toBe(text)
  })

  it.each([
    '',
    '2026.11.31',
    '2026.13.01',
    '2025.02.29',
    '2026.11.23-1',
    '2026.11.23-0',
    '2026.11.23-02',
    '2026-11-23',
    'v2026.11.23',
    '2026.11.23 ',
  ])('refuses %j with an error that contains it', (text) => {
    expect(() => parseVersion(text)).toThrow(`got "${text}"`)
  })

  it('are ordered by day, then by number', () => {
    const versions = ['2026.11.23-10', '2026.11.23', '2027.01.01', '2026.11.23-9', '2026.11.22-3']
    expect(versions.sort(compareVersions)).toEqual(['2026.11.22-3', '2026.11.23', '2026.11.23-9', '2026.11.23-10', '2027.01.01'])
  })
})
