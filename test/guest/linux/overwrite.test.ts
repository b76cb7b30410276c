import { execFileSync } from 'node:child_process'
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it } from 'vitest'

const functions = readFileSync(join(import.meta.dirname, '../../../src/guest/linux/remove.sh'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'bh-overwrite-'))
const path = (name: string): string => join(folder, name)
beforeEach(() => {
  rmSync(folder, { recursive: true })
  mkdirSync(path('tree/deep'), { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Overwrites these files as sealing does, which also runs where `sh` is another shell. */
function overwrite(shell: string, ...paths: readonly string[]): void {
  execFileSync(shell, ['-uc', `${functions}\noverwrite_files`], { input: paths.map((each) => `${each}\0`).join('') })
}

it.each(['sh', 'bash'])('overwrites files in place, also in folders and with odd names (%s)', (shell) => {
  const names = ['key', "tree/a 'b' $c", 'tree/deep/100%s']
  for (const name of names) writeFileSync(path(name), `secret of ${name}\n`)
  writeFileSync(path('big'), Buffer.alloc(1_000_000, 'secret'))
  // The blocks of a file that is open stay the same when it is removed.
  const open = openSync(path('key'), 'r')
  const { ino } = statSync(path('key'))
  overwrite(shell, path('key'), path('tree'), path('big'), path('missing'))
  for (const name of names) expect(readFileSync(path(name), 'utf8')).toBe(' '.repeat(`secret of ${name}\n`.length))
  expect(readFileSync(path('big')).includes('secret')).toBe(false)
  expect(statSync(path('big')).size).toBe(1_000_000)
  expect(statSync(path('key')).ino).toBe(ino)
  rmSync(path('key'))
  const buffer = Buffer.alloc(14)
  readSync(open, buffer)
  closeSync(open)
  expect(buffer.toString()).toBe(' '.repeat(14))
})

it('leaves alone what has another name, what a link leads to, and what is large enough for a trim', () => {
  writeFileSync(path('kept'), 'needed')
  linkSync(path('kept'), path('tree/second name'))
  writeFileSync(path('target'), 'needed')
  symlinkSync(path('target'), path('tree/link'))
  writeFileSync(path('tree/large'), Buffer.alloc(2_000_000, 'x'))
  overwrite('sh', path('tree'), path('tree/link'))
  expect([readFileSync(path('kept'), 'utf8'), readFileSync(path('target'), 'utf8')]).toEqual(['needed', 'needed'])
  expect(readFileSync(path('tree/large')).includes(' ')).toBe(false)
})
