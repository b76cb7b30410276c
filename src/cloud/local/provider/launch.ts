import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { defined } from '../../../core/defined.ts'
import { findVariable } from '../../../core/environment.ts'
import { MissingError, messageOf } from '../../../core/errors.ts'
import { forSystem, systemNames } from '../../../guest/systems.ts'
import type { Host } from '../../../model/host.ts'
import { CpuTooOld } from '../machines/boot-failure.ts'
import { saveConsole } from '../machines/console.ts'
import { type LocalMachine, machineFiles, makeMachine, removeMachine } from '../machines/machine.ts'
import { waitForRemoting } from '../machines/remoting.ts'
import { writeSeed } from '../machines/seed.ts'
import type { InstanceInputs } from '../machines/spec.ts'
import { hostOf, LoginRefused, requireLogin, startMachine } from '../machines/start.ts'
import { unlessPaused } from '../machines/unless-paused.ts'
import { findAccelerator } from '../qemu/accelerator.ts'
import { makeOverlay } from '../qemu/img.ts'
import { findFreePort } from '../qemu/port.ts'
import { profiles } from '../qemu/profiles.ts'
import { imagePath } from '../store/images.ts'
import { discardSnapshot } from '../warm/cache.ts'
import { ensureFirmware, restoreFirmware } from '../warm/firmware.ts'
import { resumeSnapshot } from '../warm/resume.ts'
import { ensureSnapshot } from '../warm/snapshot.ts'

/** A started machine. */
export interface Launched {
  readonly machine: LocalMachine
  readonly host: Host
  /** `warm`: restored from a VM snapshot of the booted image. `cold`: booted. */
  readonly boot: 'warm' | 'cold'
  /** Why it was booted although a VM snapshot was allowed; else empty. */
  readonly note: string
}

/**
 * Starts a machine with an overlay disk on an image, and waits until it accepts a login. If that fails, removes the machine and throws
 * RejectedError with the reason and the last line on the console. A system that needs a newer CPU is started again with all features that
 * QEMU can emulate.
 */
export async function launchMachine(spec: InstanceInputs, signal: AbortSignal): Promise<Launched> {
  try {
    return await launch(spec, signal)
  } catch (error) {
    if (!(error instanceof CpuTooOld) || (await findAccelerator()) !== 'tcg') throw error
    return bootMachine(spec, signal, { note: `booted again with all CPU features that QEMU emulates: ${error.message}`, emulatesAll: true })
  }
}

async function launch(spec: InstanceInputs, signal: AbortSignal): Promise<Launched> {
  signal.throwIfAborted()
  // Restoring a VM snapshot replaces the authorized key, which needs a login as root.
  if (!spec.warm || !usesSnapshots(spec) || spec.login !== 'credential' || spec.user !== 'root') return boot(spec, signal, '')
  try {
    return await resume(spec, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CpuTooOld) throw error
    return boot(spec, signal, `booted, because the VM snapshot cannot be used: ${messageOf(error)}`)
  }
}

/** Whether VM snapshots may be used. `BAKEHOUSE_SNAPSHOTS=off` disables them. */
function usesSnapshots({ os = systemNames[0] }: InstanceInputs): boolean {
  return forSystem(profiles, os).usesSnapshots && findVariable('BAKEHOUSE_SNAPSHOTS') !== 'off'
}

async function boot(spec: InstanceInputs, signal: AbortSignal, note: string): Promise<Launched> {
  // A firmware snapshot contains a fixed set of devices, without a cloud-init disk.
  const knowsDevices = spec.login === 'credential' && spec.devices !== 'standard'
  // With KVM, starting the firmware is faster than restoring it.
  const pays = usesSnapshots(spec) && (await findAccelerator()) === 'tcg'
  if (!knowsDevices || !pays) return bootMachine(spec, signal, { note })
  try {
    return await bootMachine(spec, signal, { note, findFirmware: ensureFirmware })
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof FirmwareUnusable)) throw error
    return bootMachine(spec, signal, { note: [note, error.message].filter(Boolean).join('; ') })
  }
}

/** A boot from a firmware snapshot failed before the boot loader of the image ran, or the machine rejected the key. */
class FirmwareUnusable extends Error {
  constructor(cause: unknown) {
    super(`the firmware was started, because its VM snapshot cannot be used: ${messageOf(cause)}`, { cause })
  }
}

/** How to boot a machine. */
interface Boot extends Pick<Launched, 'note'> {
  /** Finds a firmware snapshot, which is restored instead of starting the firmware. */
  readonly findFirmware?: typeof ensureFirmware
  readonly emulatesAll?: boolean
}

async function bootMachine(spec: InstanceInputs, signal: AbortSignal, { note, findFirmware, emulatesAll }: Boot): Promise<Launched> {
  const orUnusable = <T>(work: Promise<T>): Promise<T> => work.catch((cause: unknown) => Promise.reject(new FirmwareUnusable(cause)))
  return withMachine(spec, async (made, started) => {
    const { disk, seed, memory: own, qmpSocket } = machineFiles(made)
    const size = await makeOverlay(imagePath(spec.image), disk, spec.disk)
    const firmware = findFirmware && (await orUnusable(findFirmware(spec, size, signal)))
    if (spec.login === 'cloud-init') await writeSeed(seed, { instanceId: made.id, user: spec.user, publicKey: spec.publicKey })
    const { cpus, memory, tags, os, transport, devices, network } = spec
    const machine = await startMachine(made, {
      ...{
        signal,
        cpus,
        memory,
        tags,
        credentials: spec.login === 'credential' ? { 'ssh.authorized_keys.root': `${spec.publicKey}\n` } : {},
      },
      ...{ os, transport, devices, network: network ?? false, paused: firmware !== undefined, isSaved: firmware !== undefined },
      ...defined({ seed: spec.login === 'cloud-init' ? seed : undefined, emulatesAll }),
    })
    started(machine)
    if (firmware) await orUnusable(discardOnFailure(dirname(firmware), signal, restoreFirmware(qmpSocket, firmware, own, signal)))
    await rm(spec.knownHostsFile, { force: true })
    if (transport === 'psrp') {
      const host = await unlessPaused(machine, signal, (until) => waitForRemoting(machine, spec, until))
      return { machine, host, boot: 'cold', note }
    }
    const host = hostOf(machine, spec)
    const { loginTimeoutSeconds, startedBy } = spec
    const wait = { deadlineMs: loginTimeoutSeconds * 1000, signal, isRefusalFinal: firmware !== undefined, startedBy }
    const loggingIn = requireLogin(machine, host, wait)
    await loggingIn.catch((error: unknown) => Promise.reject(error instanceof LoginRefused ? new FirmwareUnusable(error) : error))
    return { machine, host, boot: 'cold', note }
  })
}

async function resume(spec: InstanceInputs, signal: AbortSignal): Promise<Launched> {
  const snapshot = await ensureSnapshot(spec, signal)
  return withMachine(spec, async (made, started) => {
    const machine = await discardOnFailure(snapshot.folder, signal, resumeSnapshot({ made, snapshot, spec, signal, started }))
    return { machine, host: hostOf(machine, spec), boot: 'warm', note: '' }
  })
}

/** Waits for a restore. If it fails, discards the snapshot, unless the build was cancelled or something is missing on this computer. */
async function discardOnFailure<T>(folder: string, signal: AbortSignal, restore: Promise<T>): Promise<T> {
  try {
    return await restore
  } catch (error) {
    if (!signal.aborted && !(error instanceof MissingError)) await discardSnapshot(folder, messageOf(error))
    throw error
  }
}

/** Creates a machine and runs `action`. If that fails, saves diagnostics and removes the machine. */
async function withMachine(
  spec: InstanceInputs,
  action: (made: LocalMachine, started: (machine: LocalMachine) => void) => Promise<Launched>,
): Promise<Launched> {
  const made = await makeMachine(spec.name, { tags: spec.tags, image: spec.image, sshPort: await findFreePort() })
  let machine = made
  try {
    return await action(made, (started) => {
      machine = started
    })
  } catch (error) {
    if (spec.diagnosticsFolder) await saveConsole(machine, spec.diagnosticsFolder).catch(() => {})
    await removeMachine(machine)
    throw error
  }
}
