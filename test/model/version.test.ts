import { describe, expect, it } from 'vitest'
import { compareVersions, nextVersion, parseVersion } from '../../src/model/version.ts'

const day = new Date('2026-11-23T23:59:59Z')

describe('versions', () => {
  it.each([
    [[], '2026.11.23'],
    [['2026.11.23'], '2026.11.23-2'],
    [['2026.11.23', '2026.11.23-2'], '2026.11.23-3'],
    [['2026.11.22', '2026.11.23-2'], '2026.11.23'],
  ])('takes the first free one of the day when %j are taken: %s', (taken, expected) => {
    expect(nextVersion(day, new Set(taken))).toBe(expected)
  })

  it.each([
    ['2026.11.23', '2026.11.23-2'],
    ['2026.11.23-7', '2026.11.23-8'],
    ['2026.11.22-7', '2026.11.23'],
  ])('is newer than the latest good one, %s: %s', (latest, expected) => {
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
  ])('refuses %j, naming it', (text) => {
    expect(() => parseVersion(text)).toThrow(`got "${text}"`)
  })

  it('orders by day, then by count as a number', () => {
    const versions = ['2026.11.23-10', '2026.11.23', '2027.01.01', '2026.11.23-9', '2026.11.22-3']
    expect(versions.sort(compareVersions)).toEqual(['2026.11.22-3', '2026.11.23', '2026.11.23-9', '2026.11.23-10', '2027.01.01'])
  })
})
