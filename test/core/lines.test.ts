import { expect, test } from 'vitest'
import { run } from '../../src/core/exec.ts'
import { createLineSplitter, longestLine } from '../../src/core/lines.ts'
import { cpuTimeOf } from '../helpers/cpu-time.ts'

function linesOf(...pieces: string[]): string[] {
  const lines: string[] = []
  const splitter = createLineSplitter((line) => lines.push(line))
  for (const piece of pieces) splitter.push(piece)
  splitter.end()
  return lines
}

test.each([
  [['a\nb\n'], ['a', 'b']],
  [
    ['a', 'b\nc', '\n\nd'],
    ['ab', 'c', '', 'd'],
  ],
  [[''], []],
])('the pieces %j are the lines %j', (pieces, lines) => {
  expect(linesOf(...pieces)).toEqual(lines)
})

test('splits a line that is too long into pieces, and loses nothing', () => {
  const text = 'x'.repeat(longestLine * 2 + 5)
  const lines = linesOf(text.slice(0, 7), `${text.slice(7)}\nend`)
  expect(lines.map(({ length }) => length)).toEqual([longestLine, longestLine, 5, 3])
})

test('reads a character that is divided between two chunks', async () => {
  const lines: string[] = []
  const script = `process.stdout.write(Buffer.from([0x47, 0x72, 0xc3])); setTimeout(() => process.stdout.write(Buffer.from([0xbc, 0x6e])), 100)`
  await run(process.execPath, ['-e', script], { onLine: (line) => lines.push(line) })
  expect(lines).toEqual(['Grün'])
})

test('kills a command that writes more than the limit, and ends its output with a whole line', async () => {
  const result = await run('yes', ['0123456789'], { longestOutput: 100_000 })
  expect(result).toMatchObject({ overflowed: true, timedOut: false })
  expect(result.stdout.length).toBeLessThanOrEqual(100_000)
  expect(result.stdout.endsWith('0123456789\n')).toBe(true)
})

test('takes time in proportion to the text, also for a single line', () => {
  const piece = 'x'.repeat(65_536)
  const measure = (count: number): number => cpuTimeOf(() => linesOf(...Array.from({ length: count }, () => piece)))
  measure(50)
  expect(measure(1_600)).toBeLessThan(measure(200) * 8 * 6 + 500)
})
