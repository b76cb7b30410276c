import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildFailed, messageOf } from '../../../core/errors.ts'
import type { Host } from '../../../model/host.ts'
import { findAccelerator, rejectAccelerator } from '../qemu/accelerator.ts'
import { type Guest, qemuArguments } from '../qemu/arguments.ts'
import { startWithMemory } from '../qemu/memory.ts'
import { findFreePort } from '../qemu/port.ts'
import { firstError } from '../qemu/probe.ts'
import { startMachine } from '../qemu/process.ts'
import { qemuTools } from '../qemu/tools.ts'
import { lastConsoleLine } from './diagnose.ts'
import { isRefusal, type Login, type ReachOptions, waitForLogin } from './login.ts'
import { instanceFiles, isInstanceRunning, type LocalInstance, writeInstance } from './machine.ts'
import type { InstanceInputs } from './spec.ts'
import { unlessPaused } from './unless-paused.ts'

/** A port that two machines wanted at the same moment is tried again with another, so often. */
const startTries = 5

/** What starting a machine needs to know beside its folder. */
export interface StartSpec extends Pick<InstanceInputs, 'cpus' | 'memory' | 'tags' | 'os' | 'transport' | 'devices'> {
  /** Ends the wait for memory. */
  readonly signal: AbortSignal
  /** systemd credentials, by name. */
  readonly credentials: Readonly<Record<string, string>>
  readonly seed?: string
  /** Bytes of a disk that stops the machine when it is first read, instead of its own. */
  readonly unreadableDisk?: number
  /** Start with the processors stopped. */
  readonly paused?: boolean
  /** Its memory is saved, or restored. */
  readonly isSaved?: boolean
}

/** The machine is up, and turned our key away. */
export class LoginRefused extends BuildFailed {}

/** Starts the machine of an instance on the disk that is there, and writes down which process it is. */
export async function startInstance(made: LocalInstance, spec: StartSpec): Promise<LocalInstance> {
  const { seed: _seed, ...files } = instanceFiles(made)
  const { cpus, memory, credentials, seed, unreadableDisk, paused, isSaved } = spec
  const tools = qemuTools()
  const lifetimeSeconds = spec.tags.expires === '' ? 0 : Math.max(1, Math.round((Date.parse(spec.tags.expires) - Date.now()) / 1000))
  const about = { ...files, name: made.id, cpus, memory, credentials, firmware: tools.ovmf }
  const guest: Guest = { os: spec.os ?? 'linux', devices: spec.devices ?? 'virtio', port: spec.transport === 'psrp' ? 5986 : 22 }
  const optional = {
    ...(seed ? { seed } : {}),
    ...(unreadableDisk === undefined ? {} : { disk: unreadableDisk }),
    ...(paused ? { paused } : {}),
    ...(isSaved ? { isSaved } : {}),
  }
  for (let tries = 1; ; tries++) {
    const sshPort = tries === 1 ? made.sshPort : await findFreePort()
    const accelerator = await findAccelerator()
    const args = qemuArguments({ ...about, ...optional, accelerator, guest, sshPort })
    try {
      const start = () => startMachine({ program: tools.system, args, logFile: files.qemuLog, lifetimeSeconds, ...files })
      const process = await startWithMemory(memory, start, { signal: spec.signal })
      const instance = { ...made, sshPort, process }
      await writeInstance(instance)
      return instance
    } catch (error) {
      const isPortTaken = /hostfwd|forward/.test(messageOf(error))
      if (!isPortTaken && accelerator !== 'tcg') rejectAccelerator(accelerator, firstError(messageOf(error)))
      // What is saved or restored depends on the accelerator: the caller starts anew.
      if (tries === startTries || (!isPortTaken && (accelerator === 'tcg' || isSaved))) throw error
    }
  }
}

/** Waits until a started machine lets its user in. Throws BuildFailed with what was waited for and the console's last words. */
export async function requireLogin(
  instance: LocalInstance,
  login: Login,
  wait: Pick<ReachOptions, 'deadlineMs' | 'signal' | 'isAwake' | 'isRefusalFinal'>,
): Promise<void> {
  await rm(login.controlPath, { force: true })
  const { folder, qmpSocket } = instanceFiles(instance)
  const why = await unlessPaused(instance, wait.signal, (signal) =>
    waitForLogin(login, join(folder, 'ssh.log'), { ...wait, signal, qmpSocket, isAlive: () => isInstanceRunning(instance) }),
  )
  if (why === undefined) return
  wait.signal.throwIfAborted()
  const last = await lastConsoleLine(instance)
  const Failure = wait.isRefusalFinal && isRefusal(why) ? LoginRefused : BuildFailed
  throw new Failure(`the machine never came up: ${why}; the last line on its console: ${last || '(none)'}`)
}

/** How the user of an instance logs in. */
export function loginOf(instance: LocalInstance, by: Pick<Login, 'user' | 'identityFile' | 'knownHostsFile'>): Login {
  const { user, identityFile, knownHostsFile } = by
  return { port: instance.sshPort, user, identityFile, knownHostsFile, controlPath: join(instance.runtimeFolder, 'ssh') }
}

/** The same, for those who come later. */
export function hostOf(instance: LocalInstance, { port, user, identityFile, knownHostsFile, controlPath }: Login): Host {
  return { instanceId: instance.id, transport: 'ssh', address: '127.0.0.1', port, user, identityFile, knownHostsFile, controlPath }
}
