import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Variable, variables } from '../../src/core/environment.ts'
import { otherVariables } from '../../src/core/other-variables.ts'
import { sourceFolder } from '../../src/core/paths.ts'
import { expectSection } from './expect-section.ts'

const root = join(sourceFolder(), '..')
const table = Object.entries<Variable>(variables)

function renderTable(audience: Variable['audience'], head: string): string {
  const rows = table.filter(([, variable]) => variable.audience === audience)
  return [
    `| variable | meaning | ${head} |`,
    '| --- | --- | --- |',
    ...rows.map(([name, { meaning, default: value }]) => `| \`${name}\` | ${meaning} | ${value} |`),
  ].join('\n')
}

function renderOthers(): string {
  const rows = otherVariables.map(({ names, fate, why }) => `| ${names.map((name) => `\`${name}\``).join(' ')} | ${fate} | ${why} |`)
  return ['| variables | kept? | why |', '| --- | --- | --- |', ...rows].join('\n')
}

/** All variable names in the files of a folder, each with the files that contain it. */
async function findNames(folder: string, pattern: RegExp): Promise<Map<string, string[]>> {
  const paths = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  const files = paths.filter((entry) => entry.isFile() && /\.(ts|mjs|py|sh)$/.test(entry.name))
  const found = new Map<string, string[]>()
  for (const { parentPath, name: base } of files) {
    const path = join(parentPath, base)
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(pattern)) {
      found.set(name, [...(found.get(name) ?? []), path.slice(root.length + 1)])
    }
  }
  return found
}

describe('the variables of the environment', () => {
  test('are in docs/environment.md, with meaning and default', () => {
    expectSection('environment.md', 'user variables', renderTable('user', 'default'))
    expectSection('environment.md', 'internal variables', renderTable('internal', 'without it'))
    expectSection('environment.md', 'other variables', renderOthers())
  })

  test('are all in the table and all used', async () => {
    const used = await Promise.all(['src', 'stacks'].map((folder) => findNames(folder, /\b(BAKEHOUSE_[A-Z]+(?:_[A-Z]+)*)/g)))
    const names = new Map(used.flatMap((found) => [...found]))
    expect([...names.keys()].sort()).toEqual(Object.keys(variables).sort())
    const inTableOnly = Object.keys(variables).filter((name) =>
      used.every((found) => (found.get(name) ?? []).every((path) => path === 'src/core/environment.ts')),
    )
    expect(inTableOnly).toEqual([])
  })

  test('are read through the table, except one that wrapper.mjs reads', async () => {
    const read = await findNames('src', /process\.env\.(BAKEHOUSE_[A-Z_]+)/g)
    expect(Object.fromEntries(read)).toEqual({ BAKEHOUSE_CANCEL_SECONDS: ['src/engine/wrapper.mjs'] })
  })
})
