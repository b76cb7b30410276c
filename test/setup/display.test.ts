import { describe, expect, it, vi } from 'vitest'
import { renderElapsed } from '../../src/core/duration.ts'
import { startDisplay } from '../../src/setup/display.ts'

describe('progress of the set-up', () => {
  it.each([
    [400, '0 s'],
    [8_200, '8 s'],
    [65_000, '1 min 5 s'],
    [3_600_000, '60 min 0 s'],
  ])('%i ms is printed as %s', (ms, text) => {
    expect(renderElapsed(ms)).toBe(text)
  })

  it('prints a line every 12 seconds without a terminal', async () => {
    vi.useFakeTimers()
    try {
      const written: string[] = []
      using progress = startDisplay({ write: (text) => written.push(text) })
      const ended = progress.follow('goss', 'building', async (report) => {
        report('compiling')
        await new Promise((resolve) => setTimeout(resolve, 26_000))
      })
      await vi.advanceTimersByTimeAsync(26_000)
      await ended
      expect(written).toEqual(['goss: building\n', 'goss: compiling (12 s)\n', 'goss: compiling (24 s)\n', 'goss: done in 26 s\n'])
      expect(written.join('')).not.toContain('\x1b')
    } finally {
      vi.useRealTimers()
    }
  })

  it('prints the duration of a failed step, and throws its error', async () => {
    const written: string[] = []
    using progress = startDisplay({ write: (text) => written.push(text) })
    await expect(progress.follow('goss', 'building', () => Promise.reject(new Error('no space')))).rejects.toThrow('no space')
    expect(written.at(-1)).toBe('goss: failed after 0 s\n')
  })
})
