import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readAptSources } from '../../src/cloud/local/base/sources.ts'
import { cacheFolder } from '../../src/core/paths.ts'

/** Packages whose scripts make an identity when they are installed, and others that the scripts of the guest need. */
export const sealedPackages = ['openssh-server', 'open-iscsi', 'nvme-cli', 'ssl-cert', 'rsyslog', 'adduser', 'logrotate']

const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']

function runAsRoot(command: readonly string[], input = ''): string {
  const [program = '', ...args] = [...asRoot, ...command]
  return execFileSync(program, args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 2 ** 26 })
}

/** Whether this user can become root and mount an overlay. */
export function canChroot(): boolean {
  const [program = '', ...args] = [...asRoot, 'unshare', '--mount', '--pid', '--fork', 'grep', '-q', 'overlay$', '/proc/filesystems']
  return spawnSync(program, args).status === 0 && spawnSync('mmdebstrap', ['--version']).status === 0
}

/** A folder with a release of Debian, or of Ubuntu from its mirror, and these packages, without documentation. Made once, and kept in the cache. */
export function debianFolder(release: string, packages: readonly string[], ubuntu?: string): string {
  const version = createHash('sha256').update(packages.join()).digest('hex').slice(0, 8)
  const folder = join(cacheFolder(), 'test-chroots', `${release}-${version}`)
  if (existsSync(folder)) return folder
  mkdirSync(join(folder, '..'), { recursive: true, mode: 0o755 })
  const settings = [
    '--dpkgopt=force-unsafe-io',
    ...['doc', 'locale', 'man', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  ]
  const sources = readAptSources(release)
  const debian = sources.length > 0 ? sources : [`deb http://deb.debian.org/debian ${release} main`]
  const mirror =
    ubuntu === undefined ? debian : [`deb [signed-by=/usr/share/keyrings/ubuntu-archive-keyring.gpg] ${ubuntu} ${release} main universe`]
  runAsRoot(['rm', '-rf', `${folder}.new`])
  runAsRoot([
    ...['mmdebstrap', '--quiet', '--mode=root', '--variant=apt', `--include=${packages.join()}`, ...settings],
    ...['--aptopt=APT::Install-Recommends "false"', release, `${folder}.new`, ...mirror],
  ])
  runAsRoot(['mv', '-T', `${folder}.new`, folder])
  return folder
}

/**
 * Runs a script as root in a copy of a folder, in namespaces of its own: it sees only its own processes, and its changes are dropped.
 * Returns the output of each part; the shell function `part NAME` begins one.
 */
export function runInChroot(folder: string, script: string): ReadonlyMap<string, string> {
  using copy = copyFolder(folder)
  const inner = `part() { printf '\\n@@ %s\\n' "$1"; }\n{\n${script}\n} </dev/null 2>&1\n`
  const output = execFileSync('sh', ['-c', `exec ${copy.command} /bin/sh -s`], { encoding: 'utf8', input: inner, maxBuffer: 2 ** 26 })
  const parts = output.split(/^@@ /m).map((text) => text.split('\n'))
  return new Map(parts.map(([name = '', ...lines]) => [name, lines.join('\n').trim()]))
}

/** A copy of a folder. `command` is a shell command that runs the command after it as root in the copy, which is its root folder. */
export interface FolderCopy extends Disposable {
  readonly command: string
}

/** Makes a copy of a folder. The folder itself is not copied: the copy has only the changes. */
export function copyFolder(folder: string): FolderCopy {
  const work = mkdtempSync(join(tmpdir(), 'bakehouse-chroot-'))
  for (const name of ['root', 'upper', 'work']) mkdirSync(join(work, name))
  const enter = join(work, 'enter')
  const mount = `lowerdir=${folder},upperdir=${work}/upper,workdir=${work}/work`
  writeFileSync(
    enter,
    `mount -t overlay -o '${mount}' overlay '${work}/root' && mount -t proc proc '${work}/root/proc' && mount --bind /dev '${work}/root/dev' && exec chroot '${work}/root' "$@"\n`,
  )
  const command = [...asRoot, 'unshare', '--mount', '--pid', '--fork', 'sh', enter].join(' ')
  return { command, [Symbol.dispose]: () => void runAsRoot(['rm', '-rf', work]) }
}
