import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../../src/core/exec.ts'
import { findCommand } from '../../src/core/find-command.ts'
import { quoteShell } from '../../src/core/quote.ts'

/** Words that a shell could change, or take as code. */
const attacks = [
  ...['', ' ', '\t', '\n', '\r\n', '-n', '--', '-rf /', '*', '?', '[a-z]*', '~', '~root', '{a,b}', '{1..9}', '#', '!!', '!$', '^a^b^'],
  ...[
    '$(id)',
    '`id`',
    '\u0024{HOME}',
    '$HOME',
    '$((1+1))',
    "$'\\x41'",
    '$"a"',
    '"$(id)"',
    "'; id; '",
    "'\"'\"'",
    "'\\''",
    '\\',
    '\\\\',
    '\\n',
  ],
  ...[
    'a;id',
    'a|id',
    'a&id',
    'a&&id',
    'a>/etc/x',
    '<(id)',
    '=ls',
    '=(id)',
    'a=b',
    '%1',
    '%s',
    '\\0',
    '\u001b[2J',
    '\u007f',
    'ü',
    '日本語',
    '👩‍👩‍👧',
  ],
  ...['EOF', "'EOF'", 'a\nEOF\nid\n', 'if', 'then', '()', '(id)', '{ id; }', '[[', ']]', '@(a|b)', '!(a)', 'x\u2028y', '\u00a0', '\ud7ff'],
] as const

const pieces = [...attacks, ...'abcXYZ019_@%+=:,./^-', "'", '"', '$', '`', '\n', ' ']

/** Reproducible pseudo-random numbers from 0 to `limit` - 1. */
function numbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

function makeWords(count: number): string[] {
  const next = numbers(14)
  const made = Array.from({ length: count - attacks.length }, () =>
    Array.from({ length: 1 + next(6) }, () => pieces[next(pieces.length)]).join(''),
  )
  return [...attacks, ...made]
}

const shells = ['sh', 'bash', 'dash', 'zsh', 'ksh', 'busybox'].filter((name) => findCommand(name))

describe('1,200 hostile words', () => {
  const words = makeWords(1_200)

  test.each(shells)('reach a program unchanged through %s', async (shell) => {
    const folder = mkdtempSync(join(tmpdir(), 'quote-'))
    try {
      // As a script, and as arguments of `-c`, as ssh passes them to the shell of the user.
      const show = [process.execPath, '-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--'].map(quoteShell).join(' ')
      const script = `${show} ${words.map(quoteShell).join(' ')}\n`
      writeFileSync(join(folder, 'script'), script)
      const applet = shell === 'busybox' ? ['sh'] : []
      for (const args of [['script'], ['-c', script]]) {
        const { stdout, stderr, exitCode } = await run(shell, [...applet, ...args], { cwd: folder })
        expect(exitCode, stderr).toBe(0)
        expect(JSON.parse(stdout)).toEqual(words)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('at least three shells were asked', () => {
    expect(shells.length).toBeGreaterThanOrEqual(3)
  })
})
