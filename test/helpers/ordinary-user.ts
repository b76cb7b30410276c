import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunResult, run, runTool } from '../../src/core/exec.ts'
import { sourceFolder } from '../../src/core/paths.ts'

/** A user without privileges, whose home folder is closed to other users, with an empty cache. */
export interface OrdinaryUser extends AsyncDisposable {
  /** Runs a program of this project, in TypeScript, as this user. */
  run(program: string): Promise<RunResult>
}

const root = join(sourceFolder(), '..')
const timeoutMs = 1_600_000

/** Creates a user if this process runs as root; else it is the current user. */
export async function findOrdinaryUser(): Promise<OrdinaryUser> {
  if (process.getuid?.() === 0) return makeUser()
  const cache = mkdtempSync(join(tmpdir(), 'bakehouse-test-'))
  return {
    run: (program) => run(process.execPath, [join(root, program)], { env: { XDG_CACHE_HOME: cache }, timeoutMs }),
    [Symbol.asyncDispose]: async () => rmSync(cache, { recursive: true }),
  }
}

async function makeUser(): Promise<OrdinaryUser> {
  const name = `bakehouse-${randomBytes(3).toString('hex')}`
  const home = join('/home', name)
  // useradd(8) also gives the user subordinate IDs.
  await runTool('useradd', ['--create-home', '--home-dir', home, '--shell', '/bin/sh', name])
  await runTool('install', ['-d', '-m', '0700', '-o', name, '-g', name, home, join(home, 'project')])
  return {
    run(program) {
      const project = join(home, 'project')
      const node = process.execPath.replace(root, project)
      return run('unshare', ['--mount', 'sh', '-c', asUser, 'sh', root, project, name, home, node, join(project, program)], {
        cwd: '/',
        timeoutMs,
      })
    },
    async [Symbol.asyncDispose]() {
      await runTool('userdel', ['--remove', name])
    },
  }
}

/** Mounts the project in the home folder for this command, because the user may not be able to enter the real folder. */
const asUser = `
mount --bind "$1" "$2"
exec setpriv --reuid="$3" --regid="$3" --init-groups --inh-caps=-all env -u XDG_CACHE_HOME -u TMPDIR -u BAKEHOUSE_HOME \\
  HOME="$4" USER="$3" BAKEHOUSE_PROJECT="$4" "$5" "$6"
`
