import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkNames, describeCheck } from '../../src/guest/checks.ts'
import { systemNames, systemOf } from '../../src/guest/systems.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/checks.md'), 'utf8')
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
)

describe('the page of checks', () => {
  it('has one section for each check', () => {
    expect([...sections.keys()].sort()).toEqual([...checkNames].sort())
  })

  it.each(checkNames)('describes for %s the systems, the expectation, the reason and the fix', (check) => {
    const titles = systemNames.filter((os) => systemOf(os).checks.includes(check)).map((os) => systemOf(os).title)
    const [, systems, expects, why, fix] =
      /- \*\*Systems\*\*: (.+)\n- \*\*Expects\*\*: (.+)\n- \*\*Why\*\*: (.+)\n- \*\*Fix\*\*: (.+)\n/.exec(sections.get(check) ?? '') ?? []
    expect(systems).toBe(titles.join(' and '))
    expect([expects, why, fix].every(Boolean)).toBe(true)
  })
})

it('the page lists the checks whose findings are a hint if the base machine has them too', () => {
  const [, listed = ''] = /What\nthese Linux checks find there, too, is a hint: (.+?)\. A finding/s.exec(page) ?? []
  expect([...listed.matchAll(/`([^`]+)`/g)].map(([, check]) => check)).toEqual(systemOf('linux').inheritedChecks)
})

it('every check has a description', () => {
  expect(checkNames.filter((check) => /no description|undefined/.test(describeCheck(check)))).toEqual([])
})
