import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join, sep } from 'node:path'
import { type RunResult, run, runTool } from '../../src/core/exec.ts'
import { cacheFolder, sourceFolder } from '../../src/core/paths.ts'

/** A user without privileges, whose home folder is closed to other users. */
export interface OrdinaryUser extends AsyncDisposable {
  /** A folder of this user, which others cannot enter. */
  readonly home: string
  /** The name, if this test created the user. */
  readonly name: string | undefined
  /** Runs a program of this project, in TypeScript, as this user, with an empty cache. */
  run(program: string): Promise<RunResult>
  /** Runs a command as this user in a folder, without settings of the process of the test. */
  command(folder: string, ...words: readonly string[]): Promise<RunResult>
}

const root = join(sourceFolder(), '..')
const timeoutMs = 1_600_000

/** Creates a user if this process runs as root; else it is the current user. */
export async function findOrdinaryUser(): Promise<OrdinaryUser> {
  if (process.getuid?.() === 0) return makeUser()
  const home = mkdtempSync(join(tmpdir(), 'bakehouse-test-'))
  return {
    home,
    name: undefined,
    run: (program) => run(process.execPath, [join(root, program)], { env: { XDG_CACHE_HOME: home }, timeoutMs }),
    command: (folder, command = '', ...args) =>
      run(command, args, {
        cwd: folder,
        onlyEnv: { ...ordinaryEnvironment(homedir()), XDG_CACHE_HOME: dirname(cacheFolder()) },
        timeoutMs,
      }),
    [Symbol.asyncDispose]: async () => rmSync(home, { recursive: true }),
  }
}

async function makeUser(): Promise<OrdinaryUser> {
  const name = `bakehouse-${randomBytes(3).toString('hex')}`
  const home = join('/home', name)
  // useradd(8) also gives the user subordinate IDs.
  await runTool('useradd', ['--create-home', '--home-dir', home, '--shell', '/bin/sh', name])
  await runTool('install', ['-d', '-m', '0700', '-o', name, '-g', name, home, join(home, 'project')])
  return {
    home,
    name,
    run(program) {
      const project = join(home, 'project')
      const node = process.execPath.replace(root, project)
      return run('unshare', ['--mount', 'sh', '-c', asUser, 'sh', root, project, name, home, node, join(project, program)], {
        cwd: '/',
        timeoutMs,
      })
    },
    command: (folder, ...words) =>
      run('setpriv', [`--reuid=${name}`, `--regid=${name}`, '--init-groups', '--inh-caps=-all', ...words], {
        cwd: folder,
        onlyEnv: { ...ordinaryEnvironment(home), USER: name, LOGNAME: name },
        timeoutMs,
      }),
    async [Symbol.asyncDispose]() {
      await runTool('userdel', ['--remove', name])
    },
  }
}

/** Variables that belong to this process or to its user. */
const own = /^(BAKEHOUSE_|PULUMI_|ANSIBLE_|AWS_|XDG_|npm_|NODE_(?!EXTRA_CA_CERTS)|PYENV|VITEST|TMPDIR$|INIT_CWD$)/

/** The environment of this process without settings of this process and folders of this user. */
function ordinaryEnvironment(home: string): Record<string, string> {
  const kept = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && !own.test(entry[0]))
  const folders = (process.env.PATH ?? '').split(delimiter)
  const isClosed = (folder: string): boolean => home !== homedir() && folder.startsWith(`${homedir()}${sep}`)
  const path = folders.filter((folder) => !folder.includes('node_modules') && !isClosed(folder))
  return { ...Object.fromEntries(kept), HOME: home, PATH: path.join(delimiter), NO_COLOR: '1' }
}

/** Mounts the project in the home folder for this command, because the user may not be able to enter the real folder. */
const asUser = `
mount --bind "$1" "$2"
exec setpriv --reuid="$3" --regid="$3" --init-groups --inh-caps=-all env -u XDG_CACHE_HOME -u TMPDIR -u BAKEHOUSE_HOME \\
  HOME="$4" USER="$3" BAKEHOUSE_PROJECT="$4" "$5" "$6"
`
