import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sourceFolder } from '../../src/core/paths.ts'

/**
 * The text of a page in `docs/` before and after replacing a section. The section is between `<!-- begin NAME -->` and
 * `<!-- end NAME -->`. Throws if the page has no such section.
 */
export function changeSection(page: string, name: string, text: string): { file: string; before: string; after: string } {
  const file = join(sourceFolder(), '../docs', page)
  const before = readFileSync(file, 'utf8')
  const section = new RegExp(`(<!-- begin ${name} -->\n)[\\s\\S]*?(<!-- end ${name} -->)`)
  if (!section.test(before)) throw new Error(`docs/${page} has no section ${name}`)
  return { file, before, after: before.replace(section, (_, begin: string, end: string) => `${begin}\n${text}\n\n${end}`) }
}

/** Writes a section of a page in `docs/`. */
export function replaceSection(page: string, name: string, text: string): void {
  const { file, before, after } = changeSection(page, name, text)
  if (before !== after) writeFileSync(file, after)
}
