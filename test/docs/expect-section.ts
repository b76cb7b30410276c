import { expect } from 'vitest'
import { changeSection, replaceSection } from './generated.ts'

/** Expects that a section of a page in `docs/` is this text. `npm run docs` writes it. */
export function expectSection(page: string, name: string, text: string): void {
  if (process.env.UPDATE_DOCS) replaceSection(page, name, text)
  const { before, after } = changeSection(page, name, text)
  expect(before, `docs/${page} is out of date: npm run docs`).toBe(after)
}
