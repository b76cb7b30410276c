import { describe, expect, test } from 'vitest'
import { renderConsumers } from '../../src/cli/consumers-verb.ts'

const consumer = (id: string, version: string, lags: boolean) => ({
  kind: 'group',
  id,
  imageId: 'ami-1',
  version,
  detail: '2 instances',
  lags,
})

describe('the consumers of a family', () => {
  test('are printed one per line, the outdated ones first', () => {
    const lines = renderConsumers([consumer('new', '2026.11.23', false), consumer('old', '2026.11.20', true)], 'web', '2026.11.23')
    expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['2026.11.20', 'outdated, latest is 2026.11.23', 'group', 'old', '2 instances'],
      ['2026.11.23', 'current', 'group', 'new', '2 instances'],
    ])
  })

  test('are reported as none if there are none', () => {
    expect(renderConsumers([], 'web', '2026.11.23')).toEqual([
      'No group, launch template or instance uses web; its latest good version is 2026.11.23',
    ])
  })
})
