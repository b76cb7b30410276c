import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { defined } from '../../../core/defined.ts'
import { MissingError, messageOf, RejectedError } from '../../../core/errors.ts'
import { refusalHint, waitForLogin } from '../../../guest/ssh/login.ts'
import { systemNames } from '../../../guest/systems.ts'
import type { Host } from '../../../model/host.ts'
import { type StartingMachine, tellSight } from '../../progress.ts'
import { findAccelerator, rejectAccelerator } from '../qemu/accelerator.ts'
import { type Guest, qemuArguments } from '../qemu/arguments.ts'
import { startFilter } from '../qemu/filter/start.ts'
import { startWithMemory } from '../qemu/memory.ts'
import { filterObject } from '../qemu/network.ts'
import { findFreePort } from '../qemu/port.ts'
import { firstError } from '../qemu/probe.ts'
import { startQemu } from '../qemu/process.ts'
import { qemuTools } from '../qemu/tools.ts'
import { unlessBootFails } from './boot-failure.ts'
import { lastConsoleLine } from './console.ts'
import { type LocalMachine, machineFiles, writeMachine } from './machine.ts'
import { observe } from './observe.ts'
import type { InstanceInputs } from './spec.ts'
import { unlessPaused } from './unless-paused.ts'

/** Maximum number of starts. A start is repeated with another port if another process has taken the port meanwhile. */
const startTries = 5

/** Options of the start of a machine. */
export interface StartSpec extends Pick<InstanceInputs, 'cpus' | 'memory' | 'tags' | 'os' | 'transport' | 'devices'> {
  /** Ends the wait for memory. */
  readonly signal: AbortSignal
  /** Whether the guest can connect to the network beyond this computer. It can never connect to this computer. */
  readonly network?: boolean
  /** systemd credentials, by name. */
  readonly credentials: Readonly<Record<string, string>>
  readonly seed?: string
  /** Size in bytes of an empty disk that replaces the disk of the machine. Its first read stops the machine. */
  readonly unreadableDisk?: number
  /** Emulate all CPU features that QEMU knows, not only those with which most systems boot fastest. */
  readonly emulatesAll?: boolean
  /** Start with stopped CPUs. */
  readonly paused?: boolean
  /** Whether the machine is saved to or restored from a VM snapshot. */
  readonly isSaved?: boolean
}

/** The machine runs, and rejected the key of the build. */
export class LoginRefused extends RejectedError {}

/** Starts a machine with its existing disk, and records its process. */
export async function startMachine(made: LocalMachine, spec: StartSpec): Promise<LocalMachine> {
  const { seed: _seed, filter, ...files } = machineFiles(made)
  const { cpus, memory, credentials, seed, unreadableDisk, emulatesAll, paused, isSaved } = spec
  const tools = qemuTools()
  const lifetimeSeconds = spec.tags.expires === '' ? 0 : Math.max(1, Math.round((Date.parse(spec.tags.expires) - Date.now()) / 1000))
  const about = { ...files, name: made.id, cpus, memory, credentials, firmware: tools.ovmf }
  const guest: Guest = { os: spec.os ?? systemNames[0], devices: spec.devices ?? 'virtio', port: spec.transport === 'psrp' ? 5986 : 22 }
  // If only the firmware runs, no network is needed.
  const isFiltered = unreadableDisk === undefined
  const optional = {
    ...defined({ seed, disk: unreadableDisk, emulatesAll, paused, isSaved, filter: isFiltered ? filter : undefined }),
    sandbox: process.platform === 'linux',
  }
  for (let tries = 1; ; tries++) {
    const sshPort = tries === 1 ? made.sshPort : await findFreePort()
    const accelerator = await findAccelerator()
    const args = qemuArguments({ ...about, ...optional, accelerator, guest, sshPort })
    try {
      const start = () => {
        // The filter starts together with QEMU, so that it is ready before the guest sends.
        if (isFiltered) startFilter(filter, spec.network ?? false, files)
        return startQemu({ program: tools.system, args, logFile: files.qemuLog, lifetimeSeconds, ...files })
      }
      const running = await startWithMemory(memory, start, { signal: spec.signal })
      const machine = { ...made, sshPort, process: running }
      await writeMachine(machine)
      return machine
    } catch (error) {
      if (messageOf(error).includes(filterObject)) throw noFilter(error)
      const isPortTaken = /hostfwd|forward/.test(messageOf(error))
      if (!isPortTaken && accelerator !== 'tcg') rejectAccelerator(accelerator, firstError(messageOf(error)))
      // A VM snapshot depends on the accelerator, so the caller must start again from the beginning.
      if (tries === startTries || (!isPortTaken && (accelerator === 'tcg' || isSaved))) throw error
    }
  }
}

function noFilter(cause: unknown): MissingError {
  return new MissingError(
    'This QEMU cannot filter the network of a guest, and without a filter the guest would reach the services of this computer',
    {
      hint: 'install a QEMU with filter-redirector',
      cause,
    },
  )
}

/** Options of waiting for a login. */
export interface LocalLogin {
  readonly deadlineMs: number
  readonly signal: AbortSignal
  /** The machine was running before, so its network is up. */
  readonly isRestored?: boolean
  /** A machine that rejects the key once will not accept it later. */
  readonly isRefusalFinal?: boolean
  /** The name of the machine in the known_hosts file, if it is not the address. */
  readonly hostKeyAlias?: string
  /** The build to tell what is seen of the machine. */
  readonly startedBy?: StartingMachine | undefined
}

/**
 * Time-out of one login, in seconds. A busy computer with emulated machines needs minutes, and starting logins again would make it busier.
 */
const connectSeconds = 180

/** The shortest pause between two logins, in ms. */
const pause = { shortest: 150 }

/**
 * Waits until a machine accepts a login. The connection stays open for the steps. Throws RejectedError with the reason and the last line on
 * the console, and BootFailed as soon as the console shows that the system cannot start.
 */
export async function requireLogin(machine: LocalMachine, host: LocalHost, wait: LocalLogin): Promise<void> {
  const { deadlineMs, signal, isRestored, isRefusalFinal, hostKeyAlias, startedBy } = wait
  await rm(host.controlPath, { force: true })
  const observer = observe(machine)
  const target = { ...host, ...defined({ hostKeyAlias }) }
  const settings = { controlPath: host.controlPath, keepsOpen: true, learnsHostKey: true, isDirect: true, connectSeconds }
  const logIn = (until: AbortSignal) =>
    waitForLogin(target, settings, {
      ...{ deadlineMs, signal: until, pause, logFile: join(machineFiles(machine).folder, 'ssh.log') },
      observer: isRestored ? { ...observer, isNetworkUp: async () => true } : observer,
      ...defined({ isRefusalFinal, onSeen: startedBy && ((sentence: string) => tellSight(startedBy, sentence)) }),
    })
  const failure = await unlessPaused(machine, signal, (until) => unlessBootFails(machine, until, logIn))
  if (failure === undefined) return
  signal.throwIfAborted()
  const last = await lastConsoleLine(machine)
  const Failure = isRefusalFinal && failure.isRefusal ? LoginRefused : RejectedError
  throw new Failure(...loginFailed(failure.why, last, failure.isRefusal))
}

/** Message and hint if the login to a machine failed. `isRefusal`: its ssh server answered and refused the key. */
export function loginFailed(why: string, lastLine: string | undefined, isRefusal = false): [message: string, detail: { hint: string }] {
  return [
    `cannot log in to the machine: ${why} (last line of its console: ${lastLine || 'none'})`,
    {
      hint: isRefusal
        ? refusalHint
        : 'read the console log in the diagnostics folder; the image must boot with UEFI from a virtio disk; a slow machine needs a longer login: {timeout: …} in family.yaml',
    },
  ]
}

/** A host with the socket of its shared connection. */
export type LocalHost = Host & { readonly controlPath: string }

/** How to log in to a machine. All steps share the first connection. */
export function hostOf(machine: LocalMachine, by: Pick<Host, 'user' | 'identityFile' | 'knownHostsFile'>): LocalHost {
  const { user, identityFile, knownHostsFile } = by
  const controlPath = join(machine.runtimeFolder, 'ssh')
  return {
    instanceId: machine.id,
    transport: 'ssh',
    address: '127.0.0.1',
    port: machine.sshPort,
    user,
    identityFile,
    knownHostsFile,
    controlPath,
  }
}
