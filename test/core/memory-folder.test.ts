import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeSecretFolder, removeDeadFolders } from '../../src/core/memory-folder.ts'

const module = join(import.meta.dirname, '../../src/core/memory-folder.ts')

let memory: string
beforeEach(() => {
  memory = mkdtempSync(join(tmpdir(), 'bakehouse-memory-'))
})
afterEach(() => rmSync(memory, { recursive: true }))

/** A process that writes a secret and is ended by SIGKILL; the folder that it left. */
async function leave(): Promise<string> {
  const code = `const { makeSecretFolder } = await import(${JSON.stringify(module)}); process.stdout.write(makeSecretFolder(${JSON.stringify(memory)})); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [folder] = (await once(child.stdout, 'data')) as [Buffer]
  writeFileSync(join(String(folder), 'variables.yml'), 's3cr3t-value')
  child.kill('SIGKILL')
  await once(child, 'exit')
  return String(folder)
}

it('secrets of a process that was ended by SIGKILL are removed by the next run', async () => {
  const left = await leave()
  expect(existsSync(left)).toBe(true)
  const own = makeSecretFolder(memory)
  expect([existsSync(left), existsSync(own)]).toEqual([false, true])
})

it('and by reap, which names them; those of a process that runs stay', async () => {
  const own = makeSecretFolder(memory)
  const left = await leave()
  expect(removeDeadFolders(memory)).toEqual([left])
  expect(existsSync(own)).toBe(true)
})

it('a folder without an owner, which another program may be making, is left alone', () => {
  mkdirSync(join(memory, 'bh-other'))
  expect(removeDeadFolders(memory)).toEqual([])
})
