import { copyFile, rm, writeFile } from 'node:fs/promises'
import { connectThrough, requireInGuest } from '../../../guest/ssh/ssh.ts'
import { type LocalMachine, machineFiles } from '../machines/machine.ts'
import type { InstanceInputs } from '../machines/spec.ts'
import { hostOf, requireLogin, startMachine } from '../machines/start.ts'
import { makeHostKeys, renderKnownHosts, renewScript } from './renew.ts'
import { wake } from './sleep.ts'
import { hostKeyAlias, type Snapshot } from './snapshot.ts'

export interface Resume {
  readonly made: LocalMachine
  readonly snapshot: Snapshot
  readonly spec: InstanceInputs
  readonly signal: AbortSignal
  /** Told as soon as a process runs, so that a failure can end it. */
  readonly started: (machine: LocalMachine) => void
}

/** A machine that continues from a snapshot answers within seconds; this long is for a very busy computer, in ms. */
const resumeDeadline = 90_000

/** Wakes a sleeping machine and makes it one of its own: nothing that tells machines apart is left as it was. */
export async function resumeSnapshot({ made, snapshot, spec, signal, started }: Resume): Promise<LocalMachine> {
  const makingHostKeys = makeHostKeys()
  // Told where it is waited for.
  makingHostKeys.catch(() => {})
  const { disk, memory: own, qmpSocket } = machineFiles(made)
  await copyFile(snapshot.disk, disk)
  const { cpus, memory, tags, network } = spec
  const machine = await startMachine(made, {
    cpus,
    memory,
    tags,
    network: network ?? false,
    credentials: {},
    paused: true,
    isSaved: true,
    signal,
  })
  started(machine)
  await wake(qmpSocket, snapshot.memory, own)
  const { identityFile, knownHostsFile } = snapshot
  const host = hostOf(machine, { user: 'root', identityFile, knownHostsFile })
  await requireLogin(machine, host, { deadlineMs: resumeDeadline, signal, isAwake: true, hostKeyAlias })
  const hostKeys = await makingHostKeys
  await requireInGuest(connectThrough(host.controlPath, host), renewScript(spec.publicKey, hostKeys), { signal, timeoutMs: resumeDeadline })
  await rm(spec.knownHostsFile, { force: true })
  await writeFile(spec.knownHostsFile, renderKnownHosts(machine.sshPort, hostKeys), { mode: 0o600 })
  return machine
}
