import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const script = readFileSync(join(import.meta.dirname, '../../../src/guest/linux/prepare.sh'), 'utf8')

const python = 'python 3.11\n'

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

/**
 * Fails if the file `unreachable` exists, and prints the file `warning`, in the language of the machine; if the file `once` exists, only the
 * first time.
 */
const aptGet = `#!/bin/sh
echo "apt-get $*"
cd "$(dirname "$0")/.."
[ ! -e unreachable ] || exit 100
[ ! -e warning ] || if [ "\${LC_ALL-}" = C ]; then cat warning; else sed 's/Failed to fetch/Fehlschlag beim Holen von/' warning; fi
[ ! -e once ] || rm once warning
`

/** Runs the script on a machine with Python 3.11, if it has no other one. */
function prepare(refresh = 'no'): { exitCode: number | null; output: string } {
  if (!existsSync(join(root, 'usr/bin/python3'))) link('usr/bin/python3', 'python3.11')
  chmodSync(write('bin/apt-get', aptGet), 0o755)
  const { status, stdout } = spawnSync('sh', ['-s'], {
    encoding: 'utf8',
    input: `limit=2 refresh=${refresh} interpreter=/usr/bin/python3 root='${root}'\n{\n${script}\n} </dev/null\n`,
    env: { PATH: `${join(root, 'bin')}:${process.env.PATH}` },
  })
  return { exitCode: status, output: stdout }
}

function link(path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  write(join(dirname(path), target))
  symlinkSync(target, join(root, path))
}

describe('the preparation of a Linux machine for the playbook', () => {
  it('waits for nothing on a machine without cloud-init', () => {
    expect(prepare()).toEqual({ exitCode: 0, output: python })
  })

  it.each([
    ['has finished', ['run/cloud-init/enabled', 'run/cloud-init/result.json']],
    ['is disabled', ['run/cloud-init/disabled']],
  ])('waits for nothing if cloud-init %s', (_, files) => {
    for (const file of files) write(file)
    expect(prepare()).toEqual({ exitCode: 0, output: python })
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
    expect(prepare('no').output).toBe(python)
    expect(prepare('yes')).toEqual({ exitCode: 0, output: `${python}apt-get -q update\n` })
  })

  it('fails if the package lists cannot be refreshed', () => {
    write('unreachable')
    expect(prepare('yes').exitCode).toBe(4)
  })

  // apt-get ends with 0 then, so that the playbook failed later: "No package matching 'fish' is available".
  it('fails if apt-get only warns that a list is missing, also on a machine in another language', () => {
    write(
      'warning',
      "W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'deb.debian.org'\n",
    )
    expect(prepare('yes').exitCode).toBe(4)
  })

  it('tries again if a list could not be fetched', () => {
    write('warning', 'W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Connection timed out\n')
    write('once')
    const { exitCode, output } = prepare('yes')
    expect([exitCode, output.match(/apt-get -q update/g)?.length]).toEqual([0, 2])
  })

  // On RHEL 8, the link leads to a program with another name.
  it.each([
    ['3.6', 'platform-python3.6'],
    ['2.7', 'python2.7'],
  ])('prints version %s of Python from the name of its program', (version, program) => {
    link('usr/bin/python3', program)
    expect(prepare().output).toBe(`python ${version}\n`)
  })

  it('asks Python for its version if its name does not tell it', () => {
    chmodSync(write('usr/bin/python3', '#!/bin/sh\necho 3.7\n'), 0o755)
    expect(prepare().output).toBe('python 3.7\n')
  })

  it('says that the machine has no Python', () => {
    write('usr/bin/python3')
    expect(prepare().output).toBe('python none\n')
  })
})
