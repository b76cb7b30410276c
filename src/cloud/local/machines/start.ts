import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingError, messageOf, RejectedError } from '../../../core/errors.ts'
import { waitForLogin } from '../../../guest/ssh/login.ts'
import type { Host } from '../../../model/host.ts'
import { findAccelerator, rejectAccelerator } from '../qemu/accelerator.ts'
import { type Guest, qemuArguments } from '../qemu/arguments.ts'
import { startFilter } from '../qemu/filter/start.ts'
import { startWithMemory } from '../qemu/memory.ts'
import { filterObject } from '../qemu/network.ts'
import { findFreePort } from '../qemu/port.ts'
import { firstError } from '../qemu/probe.ts'
import { startQemu } from '../qemu/process.ts'
import { qemuTools } from '../qemu/tools.ts'
import { lastConsoleLine } from './console.ts'
import { type LocalMachine, machineFiles, writeMachine } from './machine.ts'
import { observe } from './observe.ts'
import type { InstanceInputs } from './spec.ts'
import { unlessPaused } from './unless-paused.ts'

/** A port that two machines wanted at the same moment is tried again with another, so often. */
const startTries = 5

/** What starting a machine needs to know beside its folder. */
export interface StartSpec extends Pick<InstanceInputs, 'cpus' | 'memory' | 'tags' | 'os' | 'transport' | 'devices'> {
  /** Ends the wait for memory. */
  readonly signal: AbortSignal
  /** Whether the guest reaches the network beyond this computer; never this computer itself. */
  readonly network?: boolean
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

/** The machine is up, and refused the build's key. */
export class LoginRefused extends RejectedError {}

/** Starts the machine on the disk that is there, and writes down which process it is. */
export async function startMachine(made: LocalMachine, spec: StartSpec): Promise<LocalMachine> {
  const { seed: _seed, filter, ...files } = machineFiles(made)
  const { cpus, memory, credentials, seed, unreadableDisk, paused, isSaved } = spec
  const tools = qemuTools()
  const lifetimeSeconds = spec.tags.expires === '' ? 0 : Math.max(1, Math.round((Date.parse(spec.tags.expires) - Date.now()) / 1000))
  const about = { ...files, name: made.id, cpus, memory, credentials, firmware: tools.ovmf }
  const guest: Guest = { os: spec.os ?? 'linux', devices: spec.devices ?? 'virtio', port: spec.transport === 'psrp' ? 5986 : 22 }
  // Where only the firmware runs, nobody needs an address.
  const isFiltered = unreadableDisk === undefined
  const optional = {
    ...(seed ? { seed } : {}),
    ...(unreadableDisk === undefined ? {} : { disk: unreadableDisk }),
    ...(paused ? { paused } : {}),
    ...(isSaved ? { isSaved } : {}),
    ...(isFiltered ? { filter } : {}),
    sandbox: process.platform === 'linux',
  }
  for (let tries = 1; ; tries++) {
    const sshPort = tries === 1 ? made.sshPort : await findFreePort()
    const accelerator = await findAccelerator()
    const args = qemuArguments({ ...about, ...optional, accelerator, guest, sshPort })
    try {
      const start = () => {
        // It starts beside QEMU, so that it is ready before the guest sends.
        if (isFiltered) startFilter(filter, spec.network ?? false, files.qemuLog)
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
      // What is saved or restored depends on the accelerator: the caller starts anew.
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

/** How the local cloud waits for a login. */
export interface LocalLogin {
  readonly deadlineMs: number
  readonly signal: AbortSignal
  /** The machine runs already: its network needs no time to come up. */
  readonly isAwake?: boolean
  /** A machine that refused the key once will not accept it later. */
  readonly isRefusalFinal?: boolean
  /** The name of the machine's host keys in the file of known hosts, where that is not its address. */
  readonly hostKeyAlias?: string
}

/**
 * How long one login may take, in seconds. A busy computer with emulated machines needs minutes; a login that is given up
 * and tried again only makes it busier.
 */
const connectSeconds = 180

/** Pauses between two logins, in ms. */
const pause = { shortest: 150, longest: 4_000 }

/**
 * Waits until a started machine accepts the login of its user, and leaves that connection open for the steps. Throws RejectedError
 * with the reason and the last line on the console.
 */
export async function requireLogin(machine: LocalMachine, host: LocalHost, wait: LocalLogin): Promise<void> {
  const { deadlineMs, signal, isAwake, isRefusalFinal, hostKeyAlias } = wait
  await rm(host.controlPath, { force: true })
  const observer = observe(machine)
  const target = { ...host, ...(hostKeyAlias === undefined ? {} : { hostKeyAlias }) }
  const settings = { controlPath: host.controlPath, keepsOpen: true, learnsHostKey: true, isDirect: true, connectSeconds }
  const failure = await unlessPaused(machine, signal, (until) =>
    waitForLogin(target, settings, {
      ...{ deadlineMs, signal: until, pause, logFile: join(machineFiles(machine).folder, 'ssh.log') },
      observer: isAwake ? { ...observer, isNetworkUp: async () => true } : observer,
      ...(isRefusalFinal === undefined ? {} : { isRefusalFinal }),
    }),
  )
  if (failure === undefined) return
  signal.throwIfAborted()
  const last = await lastConsoleLine(machine)
  const Failure = isRefusalFinal && failure.isRefusal ? LoginRefused : RejectedError
  throw new Failure(`the machine never came up: ${failure.why}; the last line on its console: ${last || '(none)'}`)
}

/** A host with the socket of its shared connection. */
export type LocalHost = Host & { readonly controlPath: string }

/** How to log in to a machine. Its first connection is shared by the steps. */
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
