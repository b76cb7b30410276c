import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { settleLostWorker } from '../../src/bake/lost-worker.ts'
import { sourceFolder } from '../../src/core/paths.ts'
import { readRecord, writeRecord } from '../../src/records/store.ts'
import { makeProject } from '../helpers/project.ts'
import { tinyFamily } from '../helpers/tiny-family.ts'
import { sampleRecord } from '../records/sample.ts'

const project = makeProject(tinyFamily('linux-web'))
afterAll(() => project[Symbol.asyncDispose](), 60_000)

describe('a worker process that ends without an outcome', { timeout: 240_000 }, () => {
  it('is reported as interrupted with its signal, exit code 9 and JSON, if it was killed', async () => {
    const { url, requested, close } = await startSilentServer()
    project.write(tinyFamily('waiting', { family: `base: {image: "${url}", sha256: ${'a'.repeat(64)}}\n` }))
    const child = spawn(process.execPath, [join(sourceFolder(), 'bake.ts'), '--family', 'waiting', '--json'], {
      env: { ...process.env, ...project.env },
    })
    const texts = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (chunk: Buffer) => (texts[name] += chunk.toString()))
    const closed = new Promise((resolve) => child.once('close', resolve))
    await requested
    process.kill(workerOf(child.pid as number), 'SIGKILL')
    expect([await closed, texts.stderr]).toEqual([
      9,
      expect.stringContaining('interrupted during resolve by SIGKILL to the worker process'),
    ])
    expect(texts.stderr).not.toContain('nternal error')
    expect(JSON.parse(texts.stdout)).toMatchObject({ status: 'interrupted', ending: 'interrupted', error: { exitCode: 9 } })
    close()
  })

  it('has a record that lists what is left and the command that removes it', async () => {
    process.env.BAKEHOUSE_HOME = project.home
    process.env.BAKEHOUSE_PROJECT = project.folder
    const startedAt = Date.now()
    const folder = join(project.home, 'builds/linux-web/2026.11.23')
    const running = sampleRecord({ status: 'running', startedAt: new Date(startedAt + 1).toISOString() })
    await writeRecord(folder, running)
    const request = { family: 'linux-web', keep: 'never', dryRun: false, ifChanged: false, prove: false } as const
    const lost = { exitCode: null, signal: 'SIGKILL', stderr: '', phase: 'configure', startedAt } as const
    const outcome = await settleLostWorker(request, lost)
    expect(outcome).toMatchObject({ status: 'interrupted', version: '2026.11.23', left: ['stack linux-web-2026.11.23'] })
    const settings = `BAKEHOUSE_PROJECT=${project.folder} BAKEHOUSE_HOME=${project.home}`
    const hint = `delete it: ${settings} npm run bake -- reap --family linux-web`
    expect(readRecord(folder)).toMatchObject({ status: 'interrupted', left: outcome.left, error: { phase: 'configure', hint } })
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('interrupted during configure by SIGKILL')
  })

  it('is reported as an internal error with its stderr, if it was not killed', async () => {
    const request = { family: 'linux-web', keep: 'never', dryRun: false, ifChanged: false, prove: false } as const
    const lost = { exitCode: 1, signal: null, stderr: 'TypeError: x\n    at y', phase: undefined, startedAt: Date.now() } as const
    expect((await settleLostWorker(request, lost)).error).toMatchObject({ exitCode: 1, stack: 'TypeError: x\n    at y' })
  })
})

/** A server that accepts a request and never answers. A build with this URL as base image waits in `resolve`. */
async function startSilentServer(): Promise<{ url: string; requested: Promise<void>; close: () => void }> {
  let tell = (): void => {}
  const requested = new Promise<void>((resolve) => {
    tell = resolve
  })
  const server = createServer(() => tell())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base.qcow2`, requested, close }
}

function workerOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
  const worker = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('worker.ts'))
  if (worker === undefined) throw new Error('there is no worker')
  return worker
}
