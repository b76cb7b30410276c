import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname } from 'node:path'
import { MissingError } from './errors.ts'
import { run } from './exec.ts'
import { findCommand } from './find-command.ts'

/** Number of user IDs that a Debian system needs. */
const idsNeeded = 65_536

/** The settings that decide whether a user may be root of a user namespace. */
export interface NamespaceFacts {
  readonly user: string
  readonly uid: number
  readonly hasNewuidmap: boolean
  /** The content of /etc/subuid and /etc/subgid. */
  readonly subuid: string
  readonly subgid: string
  /** Kernel settings by name; undefined if this kernel does not have the setting. */
  readonly switches: Readonly<Record<string, string | undefined>>
}

const switches = {
  'kernel.unprivileged_userns_clone': { off: '0', on: '1' },
  'user.max_user_namespaces': { off: '0', on: '15000' },
  'kernel.apparmor_restrict_unprivileged_userns': { off: '1', on: '0' },
} as const

/**
 * Why this user cannot be root of a user namespace, with a hint what root must do; undefined if no reason is known. A setting of AppArmor
 * alone is no reason, because it can have exceptions for programs; `trial` decides.
 */
export function explainNamespaces(facts: NamespaceFacts, trial?: string): MissingError | undefined {
  const { user, uid } = facts
  const needed = 'needed to make Debian disks without root'
  if (!facts.hasNewuidmap) {
    return new MissingError(`newuidmap is ${needed}, but it is not installed`, {
      hint: 'sudo apt-get install --no-install-recommends uidmap',
    })
  }
  for (const [name, { off, on }] of Object.entries(switches)) {
    if (facts.switches[name] !== off || (name.includes('apparmor') && trial === undefined)) continue
    return new MissingError(`User namespaces are ${needed}, but they are switched off (${name} = ${off})`, {
      hint: `sudo sysctl -w ${name}=${on}, or build as root, or use your own disk image: base: {image: …, sha256: …}`,
    })
  }
  const without = (['subuid', 'subgid'] as const).find((kind) => countIds(facts[kind], user, uid) < idsNeeded)
  if (without) {
    return new MissingError(`A range of ${idsNeeded} subordinate ids is ${needed}, and /etc/${without} has none for ${user}`, {
      hint: `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user}; take a range that no other user has`,
    })
  }
  if (trial === undefined) return undefined
  return new MissingError(`A user namespace is ${needed}, but it could not be created: ${trial}`, {
    hint: 'a container may forbid it: allow user namespaces there, build as root, or use your own disk image: base: {image: …, sha256: …}',
  })
}

/** Tries it. Returns why this user cannot build Debian disks; undefined for root, and if it works. */
export async function findNamespaceProblem(): Promise<MissingError | undefined> {
  if (process.getuid?.() === 0) return undefined
  const known = explainNamespaces(readFacts())
  if (known || !findCommand('mmdebstrap')) return known
  const { exitCode, stderr } = await run('mmdebstrap', ['--unshare-helper', 'true'], { cwd: '/', timeoutMs: 20_000 })
  if (exitCode === 0) return undefined
  return explainNamespaces(
    readFacts(),
    stderr
      .trim()
      .split('\n')
      .find((line) => line.startsWith('E: ')) ?? `exit ${exitCode}`,
  )
}

/** A command that runs as root: unchanged for root, else as root of a user namespace. */
export function asRoot(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return process.getuid?.() === 0 ? command : ['mmdebstrap', '--unshare-helper', ...command]
}

/**
 * A folder for temporary files of root in a user namespace. For the kernel this is another user, who cannot enter a home folder with mode
 * 0700. It is `$TMPDIR` if others may write to it, else /var/tmp, which is on a disk, else /tmp.
 */
export function openFolder(): string {
  return [tmpdir(), '/var/tmp', '/tmp'].filter((folder) => folder !== '/tmp' || !process.env.TMPDIR).find(isOpen) ?? '/tmp'
}

function isOpen(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    if ((statSync(folder).mode & 0o003) !== 0o003) return false
    for (let above = dirname(folder); above !== '/'; above = dirname(above)) if ((statSync(above).mode & 0o001) === 0) return false
    return true
  } catch {
    return false
  }
}

/** Number of IDs that /etc/subuid gives to a user, by name or by number. */
function countIds(text: string, user: string, uid: number): number {
  const fields = text.split('\n').map((line) => line.split(':'))
  return fields.filter(([who]) => who === user || who === String(uid)).reduce((most, [, , count]) => Math.max(most, Number(count)), 0)
}

function readFacts(): NamespaceFacts {
  const { username, uid } = userInfo()
  const read = (file: string): string | undefined => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return undefined
    }
  }
  const found = Object.keys(switches).map((name) => [name, read(`/proc/sys/${name.replaceAll('.', '/')}`)?.trim()])
  return {
    user: username,
    uid,
    hasNewuidmap: findCommand('newuidmap') !== undefined && findCommand('newgidmap') !== undefined,
    subuid: read('/etc/subuid') ?? '',
    subgid: read('/etc/subgid') ?? '',
    switches: Object.fromEntries(found),
  }
}
