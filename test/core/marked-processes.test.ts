import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { endProcesses, findMarked, signalProcess } from '../../src/core/marked-processes.ts'
import { isRunning } from '../../src/core/process-identity.ts'
import { identityIn } from '../helpers/processes.ts'

test('ends every process with a mark: also one in another session, and one that ignores SIGTERM', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'marked-'))
  const [away, stubborn] = [join(folder, 'away'), join(folder, 'stubborn')]
  const script = `setsid sh -c 'echo $$ > ${away}; sleep 60' & sh -c 'trap "" TERM; echo $$ > ${stubborn}; sleep 60; sleep 60' & wait`
  spawn('sh', ['-c', script], { stdio: 'ignore', env: { ...process.env, BAKEHOUSE_STEP: folder } })
  const other = spawn('sleep', ['60'], { stdio: 'ignore', env: { ...process.env, BAKEHOUSE_STEP: `${folder}-other` } })
  await expect.poll(() => identityIn(away) && identityIn(stubborn)).toBeTruthy()
  const marked = [identityIn(away)!, identityIn(stubborn)!]
  await endProcesses(() => findMarked('BAKEHOUSE_STEP').filter(({ value }) => value === folder), 300)
  await expect.poll(() => marked.some(isRunning)).toBe(false)
  expect(other.exitCode ?? other.signalCode, 'another step').toBeNull()
  other.kill()
  rmSync(folder, { recursive: true })
})

test('a signal to a process that has ended does nothing', async () => {
  const child = spawn('true', { stdio: 'ignore' })
  await new Promise((done) => child.once('exit', done))
  expect(() => signalProcess(child.pid!, 'SIGTERM')).not.toThrow()
})
