import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { sourceFolder } from '../../src/core/paths.ts'

/**
 * Expects that a section of a page in `docs/` is this text. The section stands between `<!-- begin NAME -->` and `<!-- end NAME -->`.
 * `npm run docs` writes it.
 */
export function expectSection(page: string, name: string, text: string): void {
  const file = join(sourceFolder(), '../docs', page)
  const before = readFileSync(file, 'utf8')
  const section = new RegExp(`(<!-- begin ${name} -->\n)[\\s\\S]*?(<!-- end ${name} -->)`)
  const after = before.replace(section, (_, begin: string, end: string) => `${begin}\n${text}\n\n${end}`)
  if (process.env.UPDATE_DOCS) writeFileSync(file, after)
  else expect(before, `docs/${page} is out of date: npm run docs`).toBe(after)
  expect(before, `docs/${page} has no section ${name}`).toMatch(section)
}
