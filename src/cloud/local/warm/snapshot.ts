import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runTool } from '../../../core/exec.ts'
import { makeSshKey } from '../../../core/ssh-key.ts'
import { connectThrough, disconnect, requireInGuest } from '../../../guest/ssh/ssh.ts'
import { machineFiles, makeMachine, removeMachine } from '../machines/machine.ts'
import type { InstanceInputs } from '../machines/spec.ts'
import { hostOf, requireLogin, startMachine } from '../machines/start.ts'
import { stampOf } from '../qemu/describe-host.ts'
import { makeOverlay } from '../qemu/img.ts'
import { findFreePort } from '../qemu/port.ts'
import { imagePath } from '../store/images.ts'
import { ensureSnapshotFolder, keyOf } from './cache.ts'
import { saveMemory } from './save-restore.ts'

/** A VM snapshot of a booted machine. Its key can log in only to machines restored from it, until their key is replaced. */
export interface Snapshot {
  readonly folder: string
  readonly disk: string
  readonly memory: string
  readonly identityFile: string
  /** A known_hosts file with the host keys of the snapshot, under the name `hostKeyAlias`. */
  readonly knownHostsFile: string
}

/** The name of the host keys of a snapshot in its known_hosts file. Not address and port, because the port differs each time. */
export const hostKeyAlias = 'bakehouse-warm'

/** The VM snapshot of an image, booted on a machine of this size. Makes it if there is none. Several processes may call it in parallel. */
export async function ensureSnapshot(spec: InstanceInputs, signal: AbortSignal): Promise<Snapshot> {
  return filesIn(await ensureSnapshotFolder('warm', await snapshotKey(spec), (partial) => makeSnapshot(spec, partial, signal), signal))
}

/** The key of the snapshot of an image on a machine of this size. */
export function snapshotKey(spec: Pick<InstanceInputs, 'cpus' | 'memory' | 'disk' | 'image'>): Promise<string> {
  return keyOf({ ...spec, disk: '' }, stampOf(imagePath(spec.image)), spec.disk, settle)
}

function filesIn(folder: string): Snapshot {
  const file = (name: string): string => join(folder, name)
  return { folder, disk: file('disk.qcow2'), memory: file('memory.qcow2'), identityFile: file('key'), knownHostsFile: file('known_hosts') }
}

async function makeSnapshot(spec: InstanceInputs, folder: string, signal: AbortSignal): Promise<void> {
  const made = await makeMachine(`${spec.name}-warm`, { tags: spec.tags, image: spec.image, sshPort: await findFreePort() })
  try {
    const { disk, memory: memoryFile, identityFile, knownHostsFile } = filesIn(folder)
    const { publicKey } = await makeSshKey(identityFile, { comment: hostKeyAlias })
    await makeOverlay(imagePath(spec.image), machineFiles(made).disk, spec.disk)
    const { cpus, memory, tags, startedBy } = spec
    const machine = await startMachine(made, {
      signal,
      cpus,
      memory,
      tags,
      credentials: { 'ssh.authorized_keys.root': `${publicKey}\n` },
      isSaved: true,
    })
    const host = hostOf(machine, { user: 'root', identityFile, knownHostsFile })
    await requireLogin(machine, host, { deadlineMs: spec.loginTimeoutSeconds * 1000, signal, hostKeyAlias, startedBy })
    const connection = connectThrough(host.controlPath, host)
    await requireInGuest(connection, settle, { signal, timeoutMs: 300_000 })
    await disconnect(connection)
    await sleep(500)
    await saveMemory(machineFiles(machine).qmpSocket, memoryFile)
    // With `mv` instead of a rename, because the cache may be on another file system.
    await runTool('mv', [machineFiles(made).disk, disk])
  } finally {
    await removeMachine(made)
  }
}

/**
 * Waits until the boot is complete, then reads files that a build reads first, so that they are in the saved memory. This machine has no
 * network, so systemd-resolved has learned that its name server does not answer over UDP. A restored machine would remember it, and use
 * only TCP.
 */
const settle = `
timeout 120 systemctl is-system-running --wait > /dev/null 2>&1
resolvectl reset-server-features > /dev/null 2>&1
python3 -c 'import json, subprocess, tempfile, shutil, logging, socket, ssl, platform, zipfile, apt_pkg' > /dev/null 2>&1
sync
true
`
