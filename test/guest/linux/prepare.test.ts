import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const script = readFileSync(join(import.meta.dirname, '../../../src/guest/linux/prepare.sh'), 'utf8')

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bakehouse-prepare-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(path: string, text = ''): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

function prepare(refresh = 'no'): { exitCode: number | null; output: string } {
  chmodSync(write('bin/apt-get', '#!/bin/sh\necho "apt-get $*"\n[ ! -e "$(dirname "$0")/../unreachable" ]\n'), 0o755)
  const { status, stdout } = spawnSync('sh', ['-s'], {
    encoding: 'utf8',
    input: `limit=2 refresh=${refresh} root='${root}'\n{\n${script}\n} </dev/null\n`,
    env: { PATH: `${join(root, 'bin')}:${process.env.PATH}` },
  })
  return { exitCode: status, output: stdout }
}

describe('the preparation of a Linux machine for the playbook', () => {
  it('waits for nothing on a machine without cloud-init', () => {
    expect(prepare()).toEqual({ exitCode: 0, output: '' })
  })

  it.each([
    ['has finished', ['run/cloud-init/enabled', 'run/cloud-init/result.json']],
    ['is disabled', ['run/cloud-init/disabled']],
  ])('waits for nothing if cloud-init %s', (_, files) => {
    for (const file of files) write(file)
    expect(prepare()).toEqual({ exitCode: 0, output: '' })
  })

  it('gives up if cloud-init does not finish, and names it', () => {
    write('run/cloud-init/enabled')
    expect(prepare()).toEqual({ exitCode: 3, output: 'waiting for cloud-init\n' })
  })

  it('gives up if a package manager keeps its lock, and names the lock', async () => {
    const lock = write('var/lib/dpkg/lock-frontend')
    const holder: ChildProcess = spawn('flock', ['--no-fork', lock, 'sh', '-c', 'echo locked; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      await once(holder.stdout ?? holder, 'data')
      expect(prepare()).toEqual({ exitCode: 3, output: 'waiting for the package manager (/var/lib/dpkg/lock-frontend)\n' })
    } finally {
      holder.kill('SIGKILL')
    }
  })

  it('refreshes the package lists only if that is wanted', () => {
    expect(prepare('no').output).toBe('')
    expect(prepare('yes')).toEqual({ exitCode: 0, output: 'apt-get -q update\n' })
  })

  it('fails if the package lists cannot be refreshed', () => {
    write('unreachable')
    expect(prepare('yes').exitCode).toBe(4)
  })
})
