import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { findLocalMachine, listMachines, makeMachine, removeMachine } from '../../../../src/cloud/local/machines/machine.ts'
import { findProcess, isRunning } from '../../../../src/core/process-identity.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'instances-test-'))
  vi.stubEnv('BAKEHOUSE_HOME', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const tags = { tool: 'bakehouse', family: 'f', version: '1', build: 'b', stage: 'base', expires: '' } as const

it('a created machine can be found, and is removed with all its files', async () => {
  const made = await makeMachine('vm', { tags, image: 'i', sshPort: 1 })
  expect(await listMachines()).toEqual([made])
  await removeMachine(made)
  expect(existsSync(made.runtimeFolder)).toBe(false)
  expect(await listMachines()).toEqual([])
})

it.each([
  ['names a folder that this program would not create', { id: 'vm-1', runtimeFolder: '/home' }],
  ['names another machine', { id: '../other', runtimeFolder: '/tmp/bakehouse-abcdef' }],
])('a record that %s is ignored', async (_what, more) => {
  mkdirSync(join(folder, 'instances/vm-1'), { recursive: true })
  writeFileSync(join(folder, 'instances/vm-1/instance.json'), JSON.stringify({ tags, image: 'i', sshPort: 1, ...more }))
  expect(await findLocalMachine('vm-1')).toBeUndefined()
  expect(await listMachines()).toEqual([])
})

it('a record that other users can write is ignored, so that it ends no process', async () => {
  const victim = spawn('sleep', ['60'])
  const process = findProcess(victim.pid!)!
  mkdirSync(join(folder, 'instances/vm-1'), { recursive: true })
  const record = { id: 'vm-1', tags, image: 'i', sshPort: 1, runtimeFolder: '/tmp/bakehouse-abcdef', process }
  writeFileSync(join(folder, 'instances/vm-1/instance.json'), JSON.stringify(record))
  chmodSync(join(folder, 'instances/vm-1/instance.json'), 0o666)
  for (const machine of await listMachines()) await removeMachine(machine)
  expect(isRunning(process)).toBe(true)
  victim.kill()
})
