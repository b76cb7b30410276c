import { describe, expect, it } from 'vitest'
import { renderProgress } from '../../src/cli/progress/render.ts'
import { cutToWidth, displayWidth, padToWidth } from '../../src/core/display-width.ts'

describe('columns of a terminal', () => {
  it.each([
    ['plain', 5],
    ['基础镜像', 8],
    ['サーバー', 8],
    ['서버', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['naïve 日本', 10],
    ['🚀', 2],
    ['…', 1],
  ])('%s takes %i', (text, columns) => expect(displayWidth(text)).toBe(columns))

  it('are never more than the limit, and no character is cut in two', () => {
    expect(cutToWidth('日本語', 5)).toBe('日本')
    expect(cutToWidth('a日本', 2)).toBe('a')
  })

  it('are padded with spaces', () => {
    expect(padToWidth('日本', 6)).toBe('日本  ')
    expect(padToWidth('日本', 2)).toBe('日本')
  })
})

it.each([40, 80, 135])('a live line with a task in Chinese fits a screen of %i columns', (columns) => {
  const task = { name: '安装所有机器都需要的软件包并检查系统配置是否正确'.repeat(6), startedAt: 0 }
  const phases = [{ phase: 'configure', status: 'started', startedAt: 0, tasksDone: 1, task }] as const
  const lines = renderProgress([{ family: 'linux-base', phases, notes: ['メモ'.repeat(80)] }], 60_000, columns)
  expect(lines.map(displayWidth).filter((width) => width >= columns)).toEqual([])
  expect(lines.some((line) => line.endsWith('…'))).toBe(true)
})
