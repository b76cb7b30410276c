import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const script = readFileSync(join(import.meta.dirname, '../../../src/guest/linux/remove.sh'), 'utf8')
const command = /^ *find \/var\/log\/ .* -exec truncate .*$/m.exec(script)?.[0] ?? ''

test('sealing empties the other log files if one cannot be opened for writing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seal-logs-'))
  const busy = ['b.log', 'd.log'].map((name) => join(folder, name))
  const logs = ['a.log', 'c.log', 'e.log'].map((name) => join(folder, name))
  for (const log of logs) writeFileSync(log, 'of the build\n')
  // A program that runs cannot be opened for writing, not even by root.
  for (const file of busy) copyFileSync('/bin/sleep', file)
  const running = busy.map((file) => spawn(file, ['60']))
  try {
    await Promise.all(running.map((each) => once(each, 'spawn')))
    const { stderr } = spawnSync('sh', ['-c', command.replace('/var/log/', folder)], { encoding: 'utf8' })
    for (const file of busy) expect(stderr).toContain(file)
    expect(logs.map((log) => readFileSync(log, 'utf8'))).toEqual(['', '', ''])
  } finally {
    for (const each of running) each.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  }
})
