import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isRunning } from '../../src/core/process-identity.ts'
import { endSession, signalProcess } from '../../src/core/session.ts'
import { identityIn } from '../helpers/processes.ts'

test('ends every process of a session, also one that ignores SIGTERM', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'session-'))
  const [polite, stubborn] = [join(folder, 'polite'), join(folder, 'stubborn')]
  const script = `sh -c 'echo $$ > ${polite}; sleep 60' & sh -c 'trap "" TERM; echo $$ > ${stubborn}; sleep 60; sleep 60' & wait`
  const leader = spawn('sh', ['-c', script], { detached: true, stdio: 'ignore' })
  await expect.poll(() => existsSync(polite) && existsSync(stubborn) && identityIn(polite) && identityIn(stubborn)).toBeTruthy()
  const members = [identityIn(polite)!, identityIn(stubborn)!]
  await endSession(leader.pid!, 300)
  await expect.poll(() => members.some(isRunning)).toBe(false)
  rmSync(folder, { recursive: true })
})

test('a signal to a process that has ended does nothing', async () => {
  const child = spawn('true', { stdio: 'ignore' })
  await new Promise((done) => child.once('exit', done))
  expect(() => signalProcess(child.pid!, 'SIGTERM')).not.toThrow()
})
