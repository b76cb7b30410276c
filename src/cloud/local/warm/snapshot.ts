import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runTool } from '../../../core/exec.ts'
import { cacheFolder } from '../../../core/paths.ts'
import { withLock } from '../../../setup/lock.ts'
import { instanceFiles, type LocalInstance, makeInstance, removeInstance } from '../instances/instance.ts'
import { runInGuest } from '../instances/reach.ts'
import { loginOf, requireLogin, startInstance } from '../instances/start.ts'
import type { InstanceInputs } from '../provider/properties.ts'
import { findAccelerator } from '../qemu/accelerator.ts'
import { type Accelerator, qemuArguments } from '../qemu/arguments.ts'
import { makeOverlay } from '../qemu/img.ts'
import { findFreePort } from '../qemu/port.ts'
import { connectQmp, executeMonitor } from '../qemu/qmp.ts'
import { imagePath } from '../store/images.ts'
import { qemuTools } from '../tools.ts'

/** A booted machine, asleep on disk. Its key opens nothing but what is resumed from it, until its renewal. */
export interface Snapshot {
  readonly disk: string
  readonly identityFile: string
  /** The host keys of the sleeping machine, under the alias `hostAlias`. */
  readonly knownHostsFile: string
}

/** Name of the snapshot inside the disk. */
export const snapshotName = 'booted'

/** The name a sleeping machine's host keys are pinned under: its port is another each time. */
export const hostAlias = 'bakehouse-warm'

/** Each takes about 250 MB; older ones than these many go. */
const keepSnapshots = 4

/** The snapshot of an image booted on a machine of this shape; made first where there is none. Safe for two at once. */
export async function ensureSnapshot(spec: InstanceInputs, signal: AbortSignal): Promise<Snapshot> {
  const root = join(cacheFolder(), 'warm')
  const folder = join(root, snapshotKey(spec, await findAccelerator()))
  const snapshot = { disk: join(folder, 'disk.qcow2'), identityFile: join(folder, 'key'), knownHostsFile: join(folder, 'known_hosts') }
  if (!existsSync(folder)) {
    await mkdir(root, { recursive: true, mode: 0o700 })
    await withLock(
      `${folder}.lock`,
      () => {},
      async () => {
        signal.throwIfAborted()
        if (!existsSync(folder)) await makeSnapshot(spec, folder, signal)
      },
    )
    await prune(root, folder)
  }
  await utimes(folder, new Date(), new Date())
  return snapshot
}

/** Tells snapshots apart: the image, QEMU, the firmware and the whole command line. */
export function snapshotKey({ image, cpus, memory, disk }: InstanceInputs, accelerator: Accelerator): string {
  const { system, ovmf } = qemuTools()
  const args = qemuArguments({
    ...{ name: '', accelerator, cpus, memory, firmware: ovmf, disk: '', sshPort: 0, credentials: {} },
    ...{ qmpSocket: '', consoleLog: '', pidFile: '' },
  })
  const files = [imagePath(image), system, ovmf].map((file) => [file, ...stampOf(file)])
  return createHash('sha256')
    .update(JSON.stringify([args, files, disk]))
    .digest('hex')
    .slice(0, 24)
}

async function makeSnapshot(spec: InstanceInputs, folder: string, signal: AbortSignal): Promise<void> {
  const partial = await mkdtemp(`${folder}.partial-`)
  const made = await makeInstance(`${spec.name}-warm`, { tags: spec.tags, image: spec.image, sshPort: await findFreePort() })
  try {
    const identityFile = join(partial, 'key')
    await runTool('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', hostAlias, '-f', identityFile])
    await makeOverlay(imagePath(spec.image), instanceFiles(made).disk, spec.disk)
    const publicKey = await readFile(`${identityFile}.pub`, 'utf8')
    const { cpus, memory, tags } = spec
    const instance = await startInstance(made, { cpus, memory, tags, credentials: { 'ssh.authorized_keys.root': publicKey } })
    const login = { ...loginOf(instance, { user: 'root', identityFile, knownHostsFile: join(partial, 'known_hosts') }), hostAlias }
    await requireLogin(instance, login, { deadlineMs: spec.loginTimeoutSeconds * 1000, signal })
    await runInGuest(login, settle, { signal, timeoutMs: 300_000 })
    await runTool('ssh', ['-F', 'none', '-S', login.controlPath, '-O', 'exit', '127.0.0.1'])
    await sleep(500)
    await fallAsleep(instance)
    await rename(instanceFiles(made).disk, join(partial, 'disk.qcow2'))
    await rename(partial, folder)
  } finally {
    await removeInstance(made)
    await rm(partial, { recursive: true, force: true })
  }
}

/** Waits until the boot is over, and reads what the first minutes of a build read: it stays in memory. */
const settle = `
timeout 120 systemctl is-system-running --wait > /dev/null 2>&1
python3 -c 'import json, subprocess, tempfile, shutil, logging, socket, ssl, platform, zipfile, apt_pkg' > /dev/null 2>&1
sync
true
`

async function fallAsleep(instance: LocalInstance): Promise<void> {
  using qmp = await connectQmp(instanceFiles(instance).qmpSocket)
  await qmp.execute('stop')
  await executeMonitor(qmp, `savevm ${snapshotName}`)
  await qmp.execute('quit').catch(() => {})
}

/** Keeps the snapshots used last, and removes what a maker that died left. */
async function prune(root: string, mine: string): Promise<void> {
  const names = (await readdir(root)).filter((name) => !name.endsWith('.lock') && join(root, name) !== mine)
  const aged = await Promise.all(names.map(async (name) => ({ path: join(root, name), at: (await stat(join(root, name))).mtimeMs })))
  const [partial, whole] = [aged.filter(({ path }) => path.includes('.partial-')), aged.filter(({ path }) => !path.includes('.partial-'))]
  const old = whole.toSorted((one, other) => other.at - one.at).slice(keepSnapshots - 1)
  const dead = partial.filter(({ at }) => Date.now() - at > 60 * 60 * 1000)
  await Promise.all([...old, ...dead].map(({ path }) => rm(path, { recursive: true, force: true })))
}

function stampOf(file: string): number[] {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? [found.size, found.mtimeMs] : []
}
