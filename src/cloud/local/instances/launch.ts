import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildFailed, messageOf } from '../../../core/errors.ts'
import type { Host } from '../../../core/model.ts'
import type { InstanceInputs } from '../provider/properties.ts'
import { findAccelerator } from '../qemu/accelerator.ts'
import { qemuArguments } from '../qemu/arguments.ts'
import { makeOverlay } from '../qemu/img.ts'
import { startMachine } from '../qemu/machine.ts'
import { waitForMemory } from '../qemu/memory.ts'
import { findFreePort } from '../qemu/port.ts'
import { imagePath } from '../store/images.ts'
import { qemuTools } from '../tools.ts'
import { diagnoseInstance, lastConsoleLine } from './diagnose.ts'
import { instanceFiles, isInstanceRunning, type LocalInstance, makeInstance, removeInstance, writeInstance } from './instance.ts'
import { type Login, waitForLogin } from './reach.ts'
import { writeSeed } from './seed.ts'

/** A port that two machines wanted at the same moment is tried again with another, so often. */
const startTries = 3

/** How long a machine may queue for the memory of others, in ms. */
const memoryDeadline = 30 * 60 * 1000

export interface Launched {
  readonly instance: LocalInstance
  readonly host: Host
}

/**
 * Starts a machine from an image, over a disk of its own, and waits until its user is let in. Throws BuildFailed with
 * what it waited for and the last words on the console; nothing of the machine is left then.
 */
export async function launchInstance(spec: InstanceInputs, signal: AbortSignal): Promise<Launched> {
  signal.throwIfAborted()
  await waitForMemory(spec.memory, { timeoutMs: memoryDeadline, signal })
  const made = await makeInstance(spec.name, { tags: spec.tags, image: spec.image, sshPort: await findFreePort() })
  let instance = made
  try {
    await makeOverlay(imagePath(spec.image), instanceFiles(made).disk, spec.disk)
    instance = await start(made, spec)
    const login = loginOf(instance, spec)
    await rm(spec.knownHostsFile, { force: true })
    const why = await waitForLogin(login, join(instanceFiles(instance).folder, 'ssh.log'), {
      deadlineMs: spec.loginTimeoutSeconds * 1000,
      signal,
      isAlive: () => isInstanceRunning(instance),
      qmpSocket: instanceFiles(instance).qmpSocket,
    })
    if (why !== undefined) throw await neverCameUp(instance, why)
    return { instance, host: hostOf(instance, login) }
  } catch (error) {
    if (spec.diagnosticsFolder) await diagnoseInstance(instance, spec.diagnosticsFolder).catch(() => {})
    await removeInstance(instance)
    throw error
  }
}

async function start(made: LocalInstance, spec: InstanceInputs): Promise<LocalInstance> {
  const { seed, ...files } = instanceFiles(made)
  const tools = qemuTools()
  if (spec.login === 'cloud-init') await writeSeed(seed, { instanceId: made.id, user: spec.user, publicKey: spec.publicKey })
  const lifetimeSeconds = spec.tags.expires === '' ? 0 : Math.max(1, Math.round((Date.parse(spec.tags.expires) - Date.now()) / 1000))
  const accelerator = await findAccelerator()
  for (let tries = 1; ; tries++) {
    const sshPort = tries === 1 ? made.sshPort : await findFreePort()
    const args = qemuArguments({
      ...files,
      name: made.id,
      accelerator,
      sshPort,
      cpus: spec.cpus,
      memory: spec.memory,
      firmware: tools.ovmf,
      credentials: spec.login === 'credential' ? credentials(spec) : {},
      ...(spec.login === 'cloud-init' ? { seed } : {}),
    })
    try {
      const process = await startMachine({ program: tools.system, args, logFile: files.qemuLog, lifetimeSeconds, ...files })
      const instance = { ...made, sshPort, process }
      await writeInstance(instance)
      return instance
    } catch (error) {
      if (tries === startTries || !/hostfwd|forward/.test(messageOf(error))) throw error
    }
  }
}

/** What systemd in the guest is told: who may log in. */
function credentials(spec: InstanceInputs): Record<string, string> {
  return { 'ssh.authorized_keys.root': `${spec.publicKey}\n` }
}

async function neverCameUp(instance: LocalInstance, why: string): Promise<BuildFailed> {
  const last = await lastConsoleLine(instance)
  return new BuildFailed(`the machine never came up: ${why}; the last line on its console: ${last || '(none)'}`)
}

function loginOf(instance: LocalInstance, spec: InstanceInputs): Login {
  const { user, identityFile, knownHostsFile } = spec
  return { port: instance.sshPort, user, identityFile, knownHostsFile, controlPath: join(instance.runtimeFolder, 'ssh') }
}

function hostOf(instance: LocalInstance, { port, user, identityFile, knownHostsFile, controlPath }: Login): Host {
  return { instanceId: instance.id, transport: 'ssh', address: '127.0.0.1', port, user, identityFile, knownHostsFile, controlPath }
}
