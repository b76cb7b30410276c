import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sourceFolder } from '../../src/core/paths.ts'

const root = join(sourceFolder(), '..')
const page = readFileSync(join(root, 'docs/kvm-checklist.md'), 'utf8')

test('the checklist for KVM has five commands, whose test files exist', () => {
  const commands = [...page.matchAll(/^\| \d \| `(.*?)` \|/gm)].map(([, command = '']) => command)
  expect(commands).toHaveLength(5)
  const files = commands.flatMap((command) => command.match(/\btest\/\S+/g) ?? [])
  expect(files.length).toBeGreaterThan(0)
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
})

test('the messages in it are those of the program', () => {
  const folder = join(sourceFolder(), 'cloud/local')
  const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  const own = ['permission denied for', 'the container does not allow it', 'this computer has no', 'booted, because']
  expect(own.filter((text) => !page.includes(text))).toEqual([])
  expect(own.filter((text) => !source.includes(text))).toEqual([])
})
