import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findAvoided, messagesOf, proseOf } from './words.ts'

const root = join(import.meta.dirname, '../..')
const checked = /^(?!src\/setup\/python\/|test\/docs\/words|playbooks\/[^/]+\/verify\/modules\/).*\.(ts|mjs|md|sh|py|ps1|yml)$/

const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n')

test('comments, names of tests and pages use the words of the glossary', () => {
  const found = files
    .filter((path) => checked.test(path))
    .flatMap((path) => {
      const prose = proseOf(path, readFileSync(join(root, path), 'utf8'))
      return findAvoided(prose).map(({ line, word, instead }) => `${path}:${line}: "${word}": write ${instead}`)
    })
  expect(found).toEqual([])
})

test('messages use the words of the glossary', () => {
  const found = files
    .filter((path) => /^(src|stacks)\/.*\.(ts|mjs)$/.test(path))
    .flatMap((path) => {
      const messages = messagesOf(readFileSync(join(root, path), 'utf8'))
      return findAvoided(messages).map(({ line, word, instead }) => `${path}:${line}: "${word}": write ${instead}`)
    })
  expect(found).toEqual([])
})

test.each([
  ['a.ts', '// Nobody reads this.\nconst nobody = 1\n', ['Nobody']],
  ['a.ts', "it('is gone afterwards', () => {})\n", ['is gone']],
  ['a.ts', "throw new Error('nobody')\n", []],
  ['a.md', 'A bake of `a bake`.\n', ['A bake']],
  ['a.md', '```\nnpm run bake # whoever\n```\n', []],
  ['a.sh', 'echo nobody # root\n# for whoever runs it\n', ['whoever']],
])('in %s, %j has the words to avoid %j', (path, text, words) => {
  expect(findAvoided(proseOf(path, text)).map(({ word }) => word)).toEqual(words)
})

test.each([
  ["throw new Error('process 7 is gone')", ['is gone']],
  ['const hint = `wait until the process is gone`', ['is gone']],
  ["import x from 'is gone'", []],
  ['// The process is gone.', []],
])('in the messages of %j are the words to avoid %j', (text, words) => {
  expect(findAvoided(messagesOf(text)).map(({ word }) => word)).toEqual(words)
})
