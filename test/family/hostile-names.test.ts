import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/core/errors.ts'
import { renderColumns, renderLines } from '../../src/core/output.ts'
import { readFamily } from '../../src/family/read-family.ts'
import { slugOf, suiteNames } from '../../src/model/suite.ts'
import { parseJunit, renderJunit } from '../../src/verify/junit.ts'

/** Names that would lead to another file, become an option or code, or have an effect on a terminal. */
const names = [
  ...['', '.', '..', '../linux-base', '/etc', 'a/b', 'a\\b', '~', '-rf', '--help', '$(id)', '`id`', 'a;id', "a'b", 'a b', 'a\nb', 'A'],
  ...['a.b', 'a\0b', '__proto__', 'constructor', 'toString', 'ü', 'a\u202eb', '\u001b[2J', '::error::x', '##[error]x', 'a'.repeat(64)],
  ...['%2e%2e', '*', '{a,b}', 'con', 'nul.txt', '1a', 'a_b', '<script>', '"', '&amp;'],
] as const

describe('a hostile name', () => {
  test.each(names.filter((name) => name !== 'con' && name !== 'constructor'))('%j is not the name of a family', async (name) => {
    await expect(readFamily(name)).rejects.toThrow(UsageError)
    await expect(readFamily(name)).rejects.toThrow(/^Expected the name of a family/)
  })

  test.each(['con', 'constructor'])('%s is an ordinary name, of a family that does not exist', async (name) => {
    await expect(readFamily(name)).rejects.toThrow(UsageError)
  })

  test('of a suite becomes a plain file name, and two suites never have the same one', () => {
    const suites = names.map((name) => ({ verifier: 'goss', file: `verify/${name}.yaml`, options: {} }))
    const files = suiteNames(suites).map(slugOf)
    expect(files.filter((file) => !/^[a-z0-9-]+$/.test(file))).toEqual([])
    expect(new Set(files).size).toBe(names.length)
  })

  test('of a test case is data in a JUnit file', () => {
    const cases = names.map((name) => ({ name: `case ${name}`, status: 'passed', durationMs: 1 }) as const)
    const read = parseJunit(renderJunit({ suite: 'x', durationMs: 1, cases }))
    expect(read).toHaveLength(names.length)
  })

  test('of a test case has no effect on a terminal or a CI system', () => {
    const shown = renderLines([...names, ...renderColumns(names.map((name) => [name, 'passed']))])
    expect(shown.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u)
    expect(shown).not.toMatch(/^\s*::|##\[/m)
  })
})
