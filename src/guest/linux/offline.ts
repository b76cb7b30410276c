import type { OfflineDisk, OfflineFiles } from '../../model/offline-disk.ts'
import type { CaseResult } from '../../model/suite-result.ts'
import { failed, passed, skipped } from '../cases.ts'

/** The checks that read the disk of an image from outside, without starting it: what a forged answer of a machine would hide. */
export const offlineChecks = [
  'offline.readable',
  'offline.no-login-keys',
  'offline.no-host-keys',
  'offline.machine-id-empty',
  'offline.no-logs',
  'offline.setuid-from-packages',
  'offline.setuid-as-reported',
] as const

/** Permissions of files as the machine reports them, by path. */
export type Reported = (paths: readonly string[]) => Promise<ReadonlyMap<string, number>>

/** Judges the disk of a sealed image. `askMachine` asks a machine of the image about files. */
export async function judgeOffline(disk: OfflineDisk, askMachine: Reported): Promise<CaseResult[]> {
  const root = disk.files.find(({ entries }) => entries.has('/etc/passwd'))
  const unread = disk.unread.join(', ')
  if (!root) return skipAll(`no ext4 file system has /etc/passwd${unread === '' ? '' : `: ${unread}`}`)
  const settings = await readSettings(root)
  const setuid = findSetuid(root)
  return [
    unread === '' ? passed('offline.readable') : skipped('offline.readable', `only ext4 file systems are checked: ${unread}`),
    none('offline.no-login-keys', await findLoginKeys(disk.files, settings)),
    none('offline.no-host-keys', findHostKeys(root, settings)),
    none('offline.machine-id-empty', await findMachineIds(root)),
    none('offline.no-logs', disk.files.flatMap(findLogs)),
    await judgePackages(root, setuid),
    none('offline.setuid-as-reported', await findHidden(root, setuid, askMachine)),
  ]
}

function skipAll(why: string): CaseResult[] {
  return offlineChecks.map((check) => skipped(check, why))
}

function none(name: string, found: readonly string[]): CaseResult {
  return found.length === 0
    ? passed(name)
    : failed(name, `found ${found.slice(0, 5).join(', ')}${found.length > 5 ? ` and ${found.length - 5} more` : ''}`)
}

const longestText = 1024 * 1024

/** The settings of sshd that name files, from all its files; where they apply does not matter. */
async function readSettings({ entries, read }: OfflineFiles): Promise<{ keyFiles: RegExp[]; hostKeys: string[] }> {
  const names = [...entries.keys()].filter((path) => /^\/etc\/ssh\/sshd_config(\.d\/[^/]+)?$/.test(path))
  const text = (await Promise.all(names.map((path) => read(path, longestText)))).join('\n')
  const values = (key: string): string[] =>
    [...text.matchAll(new RegExp(`^[ \\t]*${key}[ \\t=]+(.+)$`, 'gim'))].flatMap(([, value = '']) => value.trim().split(/[ \t"]+/))
  return { keyFiles: values('AuthorizedKeysFile').filter(Boolean).map(toPattern), hostKeys: values('HostKey') }
}

/** A pattern of AuthorizedKeysFile as a regular expression over paths. */
function toPattern(file: string): RegExp {
  const tokens: Record<string, string> = { '%u': '[^/]+', '%h': '.*', '%U': '\\d+', '%%': '%' }
  const parts = file.split(/(%[uhU%])/).map((part) => tokens[part] ?? part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${/^(\/|%h)/.test(file) ? '' : '.*/'}${parts.join('')}$`)
}

const publicKey = /^[ \t]*(?!#).*\b(ssh-(ed25519|rsa|dss)|ecdsa-sha2-\S+|sk-\S+) AAAA/m

/** Files with keys that open an account, on every file system. */
async function findLoginKeys(files: readonly OfflineFiles[], { keyFiles }: { keyFiles: readonly RegExp[] }): Promise<string[]> {
  const found: string[] = []
  for (const { partition, entries, read } of files) {
    for (const path of entries.keys()) {
      const isNamed = /\/(authorized_keys2?|\.ssh\/[^/]+)$/.test(path) && !/\/(known_hosts|[^/]+\.pub)$/.test(path)
      if (!isNamed && !keyFiles.some((pattern) => pattern.test(path))) continue
      if (publicKey.test((await read(path, longestText)) ?? ''))
        found.push(entries.has('/etc/passwd') ? path : `partition ${partition}: ${path}`)
    }
  }
  return found
}

function findHostKeys({ entries }: OfflineFiles, { hostKeys }: { hostKeys: readonly string[] }): string[] {
  return [...entries]
    .filter(([path, { size }]) => size > 0 && (/^\/etc\/ssh\/ssh_host_[^/]*_key$/.test(path) || hostKeys.includes(path)))
    .map(([path]) => path)
}

/** Files that would give each machine the same id. */
async function findMachineIds({ read }: OfflineFiles): Promise<string[]> {
  const paths = ['/etc/machine-id', '/var/lib/dbus/machine-id']
  const texts = await Promise.all(paths.map(async (path) => [path, ((await read(path, 1024)) ?? '').trim()] as const))
  return texts.filter(([, text]) => text !== '' && text !== 'uninitialized').map(([path, text]) => `${path}: ${text.slice(0, 40)}`)
}

/** Log files with content. A machine would append to them, so that they look new on it. */
function findLogs({ entries }: OfflineFiles): string[] {
  return [...entries]
    .filter(([path, { mode, size }]) => path.startsWith('/var/log/') && (mode & 0xf000) === 0x8000 && size > 0)
    .map(([path]) => path)
}

/** Programs that run as another user or group than the one who starts them. */
function findSetuid({ entries }: OfflineFiles): string[] {
  return [...entries].filter(([, { mode }]) => (mode & 0xf000) === 0x8000 && (mode & 0o6000) !== 0).map(([path]) => path)
}

async function judgePackages({ entries, read }: OfflineFiles, setuid: readonly string[]): Promise<CaseResult> {
  const lists = [...entries.keys()].filter((path) => /^\/var\/lib\/dpkg\/info\/[^/]+\.list$/.test(path))
  if (lists.length === 0)
    return skipped('offline.setuid-from-packages', 'the image has no package lists of dpkg, and others are not supported')
  const owned = new Set<string>()
  for (const list of lists) for (const path of ((await read(list, 16 * longestText)) ?? '').split('\n')) owned.add(path)
  // A package may name /bin/su, which is /usr/bin/su.
  const strange = setuid.filter((path) => !owned.has(path) && !owned.has(path.replace(/^\/usr(?=\/s?bin\/|\/lib)/, '')))
  return none('offline.setuid-from-packages', strange)
}

/** Those of the programs that a machine of the image does not report, or reports with other permissions. */
async function findHidden({ entries }: OfflineFiles, setuid: readonly string[], askMachine: Reported): Promise<string[]> {
  const reported = await askMachine(setuid)
  const octal = (mode: number | undefined): string => (mode === undefined ? 'nothing' : (mode & 0o7777).toString(8))
  return setuid.flatMap((path) => {
    const [real, said] = [octal(entries.get(path)?.mode), octal(reported.get(path))]
    return real === said ? [] : [`${path}: the disk has ${real}, the machine says ${said}`]
  })
}
