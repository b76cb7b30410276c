import { copyFile, rm, writeFile } from 'node:fs/promises'
import { connectThrough, requireInGuest } from '../../../guest/ssh/ssh.ts'
import { type LocalMachine, machineFiles } from '../machines/machine.ts'
import type { InstanceInputs } from '../machines/spec.ts'
import { hostOf, requireLogin, startMachine } from '../machines/start.ts'
import { makeHostKeys, renderKnownHosts, renewScript } from './renew.ts'
import { restoreMemory } from './save-restore.ts'
import { hostKeyAlias, type Snapshot } from './snapshot.ts'

/** Input of restoring a VM snapshot. */
export interface Resume {
  readonly made: LocalMachine
  readonly snapshot: Snapshot
  readonly spec: InstanceInputs
  readonly signal: AbortSignal
  /** Called when the process runs, so that it can be ended after a failure. */
  readonly started: (machine: LocalMachine) => void
}

/** Maximum time until a restored machine answers, in ms. Usually it takes seconds. */
const resumeDeadline = 90_000

/** Starts a machine from a VM snapshot, and gives it a new identity: everything that must differ between machines is replaced. */
export async function resumeSnapshot({ made, snapshot, spec, signal, started }: Resume): Promise<LocalMachine> {
  const makingHostKeys = makeHostKeys()
  // The error is thrown where the promise is awaited. This avoids an unhandled rejection before that.
  makingHostKeys.catch(() => {})
  const { disk, memory: own, qmpSocket } = machineFiles(made)
  await copyFile(snapshot.disk, disk)
  const { cpus, memory, tags, network, startedBy } = spec
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
  await restoreMemory(qmpSocket, snapshot.memory, own)
  const { identityFile, knownHostsFile } = snapshot
  const host = hostOf(machine, { user: 'root', identityFile, knownHostsFile })
  await requireLogin(machine, host, { deadlineMs: resumeDeadline, signal, isRestored: true, hostKeyAlias, startedBy })
  const hostKeys = await makingHostKeys
  await requireInGuest(connectThrough(host.controlPath, host), renewScript(spec.publicKey, hostKeys), { signal, timeoutMs: resumeDeadline })
  await rm(spec.knownHostsFile, { force: true })
  await writeFile(spec.knownHostsFile, renderKnownHosts(machine.sshPort, hostKeys), { mode: 0o600 })
  return machine
}
