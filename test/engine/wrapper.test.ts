import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeLauncher } from '../../src/engine/launcher.ts'
import { launcherLines } from '../../src/engine/wrapper.ts'

let folder: string
const started: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wrapper-'))
})

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** A CLI that records each signal, and ends with exit code 0 a moment after the first one. */
const careful = `
trap 'echo INT >> signals; stop=1' INT
trap 'echo TERM >> signals' TERM
trap 'echo HUP >> signals' HUP
echo ready
touch trapped
while [ -z "$stop" ]; do sleep 0.05; done
sleep 0.4
echo "state saved"
touch finished
exit 255`

function makeLauncher(script: string): string {
  const cli = join(folder, 'real-cli')
  writeFileSync(cli, `#!/bin/bash\ncd '${folder}'\n${script}\n`)
  chmodSync(cli, 0o755)
  const launcher = join(folder, 'pulumi')
  writeLauncher(launcher, launcherLines({ node: process.execPath, pulumi: cli }))
  return launcher
}

interface Ended {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: Buffer
}

function start(script: string, args: string[] = [], env: Record<string, string> = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(makeLauncher(script), args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  started.push(child)
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(out), stderr: Buffer.concat(err) }))
  })
  return { child, ended }
}

async function waitForFile(name: string): Promise<void> {
  await expect.poll(() => existsSync(join(folder, name)), { interval: 20 }).toBe(true)
}

function signals(): string {
  return readFileSync(join(folder, 'signals'), 'utf8')
}

describe('the wrapper of the engine', () => {
  it('passes on arguments, both streams and the exit code', async () => {
    const { code, stdout, stderr } = await start('printf "%s|" "$@"; echo problem >&2; exit 42', ['up', 'two words', "it's", '']).ended
    expect({ code, stdout: `${stdout}`, stderr: `${stderr}` }).toEqual({ code: 42, stdout: "up|two words|it's||", stderr: 'problem\n' })
  })

  it('gives the command line an empty standard input', async () => {
    const { stdout } = await start('wc -c').ended
    expect(`${stdout}`.trim()).toBe('0')
  })

  it('loses nothing of a large output', async () => {
    const { stdout, stderr } = await start('seq 1 2000000; seq 1 100000 >&2').ended
    expect(stdout.length).toBe(14_888_896)
    expect(`${stdout.subarray(-8)}`).toBe('2000000\n')
    expect(`${stderr}`.trimEnd().split('\n')).toHaveLength(100_000)
  })

  it('shows output while the command line runs', async () => {
    const { child, ended } = start(careful)
    const first = await new Promise<string>((resolve) => child.stdout?.once('data', (chunk: Buffer) => resolve(`${chunk}`)))
    expect(first).toBe('ready\n')
    child.kill('SIGINT')
    await ended
  })

  it.each([
    ['two times Ctrl-C', ['SIGINT', 'SIGINT']],
    ['Ctrl-C followed by a SIGTERM of the library', ['SIGINT', 'SIGTERM']],
    ['a SIGTERM', ['SIGTERM', 'SIGTERM']],
    ['a closed terminal', ['SIGHUP', 'SIGTERM']],
  ] as const)('forwards %s as one SIGINT', async (_, sent) => {
    const { child, ended } = start(careful)
    await waitForFile('trapped')
    for (const signal of sent) {
      child.kill(signal)
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    const { code, stdout } = await ended
    expect(signals()).toBe('INT\n')
    expect(code).toBe(255)
    expect(`${stdout}`).toContain('state saved')
  })

  it('lets the command line finish when the parent is killed, after one SIGINT', async () => {
    const launcher = makeLauncher(careful)
    const source = `require('node:child_process').spawn(${JSON.stringify(launcher)}, { stdio: ['ignore', 'pipe', 'pipe'] })`
    const parent = spawn(process.execPath, ['-e', source])
    started.push(parent)
    await waitForFile('trapped')
    parent.kill('SIGKILL')
    await waitForFile('finished')
    expect(signals()).toBe('INT\n')
  })

  it('runs the command line in its own session', async () => {
    const { stdout } = await start('ps -o sid= -p $$; echo $$').ended
    const [session, pid] = `${stdout}`.trim().split(/\s+/)
    expect(session).toBe(pid)
  })

  it('kills a command line that does not stop within the deadline', async () => {
    const { child, ended } = start('trap "" INT\ntouch trapped\nwhile :; do sleep 0.1; done', [], { BAKEHOUSE_CANCEL_SECONDS: '0.5' })
    await waitForFile('trapped')
    child.kill('SIGINT')
    expect((await ended).code).toBe(137)
  })

  it('reports that the command line does not exist', async () => {
    const launcher = makeLauncher('')
    rmSync(join(folder, 'real-cli'))
    const child = spawn(launcher, ['version'], { stdio: ['ignore', 'pipe', 'pipe'] })
    const text = await new Promise<string>((resolve) => child.stderr?.once('data', (chunk: Buffer) => resolve(`${chunk}`)))
    expect(text).toContain('could not be started')
  })
})

it('prints a known version without a run of the engine', () => {
  const launcher = join(folder, 'pulumi')
  writeLauncher(launcher, launcherLines({ node: process.execPath, pulumi: '/nowhere', pulumiVersion: '3.1.4' }))
  expect(execFileSync(launcher, ['version']).toString()).toBe('v3.1.4\n')
  expect(() => execFileSync(launcher, ['stack', 'version'], { stdio: 'ignore' })).toThrow()
})
