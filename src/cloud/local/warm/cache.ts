import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from '../../../core/lock.ts'
import { cacheFolder } from '../../../core/paths.ts'
import { findJson, writeJson } from '../../../core/write-file.ts'
import { findAccelerator } from '../qemu/accelerator.ts'
import { type MachineShape, qemuArguments } from '../qemu/arguments.ts'
import { describeHost, stampOf } from '../qemu/describe-host.ts'
import { qemuTools } from '../qemu/tools.ts'

/** Number of snapshots of each kind to keep. A booted machine takes about 250 MB, a firmware about 40 MB. */
const keep = 4

/** Kinds of VM snapshots: of a booted machine, or of a machine whose firmware has started. */
export type SnapshotKind = 'warm' | 'firmware'

/**
 * The folder of the snapshot with this key. If there is none, creates it with `make`; other processes wait for that. The folder gets its
 * name when it is complete. Throws if the snapshot was discarded recently.
 */
export async function ensureSnapshotFolder(
  kind: SnapshotKind,
  key: string,
  make: (folder: string) => Promise<void>,
  signal: AbortSignal,
): Promise<string> {
  const root = join(cacheFolder(), kind)
  const folder = join(root, key)
  requireUsable(folder)
  if (!existsSync(folder)) {
    await mkdir(root, { recursive: true, mode: 0o700 })
    await withLock(
      `${folder}.lock`,
      () => {},
      async () => {
        signal.throwIfAborted()
        if (!existsSync(folder)) await makeComplete(folder, make)
      },
    )
    await prune(root, folder)
  }
  await utimes(folder, new Date(), new Date())
  return folder
}

/**
 * The key of a snapshot: 24 hexadecimal digits of a digest of CPU, microcode and kernel of this computer, QEMU, the firmware, the whole
 * command line, and `more`.
 */
export async function keyOf(
  { cpus, memory, disk }: MachineShape & { disk: string | number },
  ...more: readonly unknown[]
): Promise<string> {
  const { ovmf } = qemuTools()
  const args = qemuArguments({
    ...{ name: '', accelerator: await findAccelerator(), cpus, memory, firmware: ovmf, disk, sshPort: 0, credentials: {} },
    ...{ qmpSocket: '', consoleLog: '', pidFile: '', isSaved: true, filter: { fromGuest: '', toNetwork: '' } },
  })
  return createHash('sha256')
    .update(JSON.stringify([args, await describeHost(), stampOf(ovmf), ...more]))
    .digest('hex')
    .slice(0, 24)
}

/**
 * Deletes a snapshot that could not be restored. For a day, no snapshot with this key is made again, because it would probably fail too,
 * and each attempt takes a boot.
 */
export async function discardSnapshot(folder: string, why: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  writeJson(`${folder}${discarded}`, { at: new Date().toISOString(), why } satisfies Discarded)
}

interface Discarded {
  readonly at: string
  readonly why: string
}

const discarded = '.discarded'
const retryAfter = 24 * 60 * 60 * 1000

function requireUsable(folder: string): void {
  const found = findJson<Discarded>(`${folder}${discarded}`)
  if (!found || Date.now() - Date.parse(found.at) > retryAfter) return
  throw new Error(`a snapshot of ${found.at.slice(0, 16)} could not be restored (${found.why}); a new one is made after a day`)
}

async function makeComplete(folder: string, make: (folder: string) => Promise<void>): Promise<void> {
  const partial = await mkdtemp(`${folder}.partial-`)
  try {
    await make(partial)
    await rename(partial, folder)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/** Removes all but the most recently used snapshots, and unfinished ones of processes that were killed. */
async function prune(root: string, mine: string): Promise<void> {
  const names = (await readdir(root)).filter((name) => !/\.(lock|discarded)$/.test(name) && join(root, name) !== mine)
  const aged = await Promise.all(names.map(async (name) => ({ path: join(root, name), at: (await stat(join(root, name))).mtimeMs })))
  const [partial, whole] = [aged.filter(({ path }) => path.includes('.partial-')), aged.filter(({ path }) => !path.includes('.partial-'))]
  const old = whole.toSorted((one, other) => other.at - one.at).slice(keep - 1)
  const dead = partial.filter(({ at }) => Date.now() - at > 60 * 60 * 1000)
  await Promise.all([...old, ...dead].map(({ path }) => rm(path, { recursive: true, force: true })))
}
