import { describe, expect, test } from 'vitest'
import { printable, printableLines } from '../../src/core/printable.ts'
import { cpuTimeOf } from '../helpers/cpu-time.ts'

/** Text that a guest can write into a message, and what is printed instead. */
const attacks: Readonly<Record<string, readonly [string, string]>> = {
  'the clipboard (OSC 52)': ['a\u001b]52;c;cm0gLXJmIC8=\u0007b', 'ab'],
  'the clipboard, with the other end': ['a\u001b]52;c;cm0gLXJmIC8=\u001b\\b', 'ab'],
  'the title of the window': ['a\u001b]0;root@prod\u0007b', 'ab'],
  'a link that shows another address': ['\u001b]8;;https://evil.example\u0007docs\u001b]8;;\u0007', 'docs'],
  'clear the screen': ['a\u001b[2J\u001b[Hb', 'ab'],
  'reset the terminal': ['a\u001bcb', 'ab'],
  'a colour, and text that hides itself': ['\u001b[32mgreen\u001b[0m\u001b[8mhidden', 'greenhidden'],
  'sequences of one byte (C1)': ['a\u009b2Jb\u009d52;c;eA==\u009cc', 'abc'],
  'a sequence without an end': ['a\u001b]52;c;eA==', 'a52;c;eA=='],
  'writing over the line': ['failed\rpromoted', 'failed promoted'],
  'erase by backspaces': ['failed\b\b\b\b\b\bgood', 'failed good'],
  'another direction of writing': ['a\u202efdp.exe', 'afdp.exe'],
  'characters that are not seen': ['fai\u200bled\ufeff\u{e0041}', 'failed'],
  'a line break of Unicode': ['a\u2028b\u0085c', 'a b c'],
  'an old command to GitHub': ['a ##[error]b', 'a # #[error]b'],
  'a command to Azure': ['##vso[task.setvariable variable=x]y', '# #vso[task.setvariable variable=x]y'],
  'a command to TeamCity': ["##teamcity[buildStatus text='ok']", "# #teamcity[buildStatus text='ok']"],
}

test.each(Object.entries(attacks))('has no effect on a terminal or a CI system: %s', (_name, [given, shown]) => {
  expect(printable(given)).toBe(shown)
})

test('does not change ordinary text', () => {
  const text = 'Größe 5 °C → ok: ✓ 日本語 [1m] ##hash a::b'
  expect(printable(text)).toBe(text)
})

test('shortens a line that is too long', () => {
  expect(printable('x'.repeat(100_000))).toHaveLength(2_000)
})

describe('a text of several lines', () => {
  test('cannot look like output of this program', () => {
    expect(printableLines('no\nlinux-base 2026.11.27 promoted in 3.0 s, 12 checks passed\r\n  image  /tmp/x')).toEqual([
      'no',
      '  | linux-base 2026.11.27 promoted in 3.0 s, 12 checks passed',
      '  |   image  /tmp/x',
    ])
  })

  test.each(['::error::x', '  ::stop-commands::token', '\u001b[1m::add-mask::x', '\u200b::set-output name=a::b'])(
    'contains no command for GitHub: %j',
    (command) => {
      for (const line of printableLines(`${command}\n${command}\r${command}`)) expect(line.trimStart()).toMatch(/^\|/)
    },
  )

  test('is limited in its number of lines', () => {
    const lines = printableLines('x\n'.repeat(5_000))
    expect(lines).toHaveLength(41)
    expect(lines.at(-1)).toBe('  | … 4960 more lines')
  })
})

test.each(['\u001b]', '\u001b[', '\u001b', '\u001b[0', '\u001b]0;x', '\u009d', '\n', '##['])(
  'takes time in proportion to a text of many %j',
  (part) => {
    const measure = (count: number): number => {
      const text = part.repeat(count)
      return cpuTimeOf(() => printableLines(text))
    }
    measure(10_000)
    expect(measure(200_000)).toBeLessThan(measure(25_000) * 8 * 6 + 500)
  },
)
