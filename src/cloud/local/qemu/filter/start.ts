import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { programBeside } from '../../../../core/paths.ts'
import { plainEnvironment } from '../../../../core/plain-environment.ts'
import type { FilterSockets } from '../network.ts'

/** Maximum size of the console log and of the messages of QEMU, in bytes. Diagnostics contain the last half of it. */
const longestLog = 8 * 1024 * 1024

/** The files of a machine to which its guest can write without end. */
export interface GuestLogs {
  readonly consoleLog: string
  readonly qemuLog: string
}

/**
 * Starts the network filter of a machine as a separate process, which ends with the machine. It also limits the logs of the machine.
 * `network`: as in `Rules`.
 */
export function startFilter(sockets: FilterSockets, network: boolean, { consoleLog, qemuLog }: GuestLogs, most = longestLog): void {
  const log = openSync(qemuLog, 'a', 0o600)
  const rules = [sockets.fromGuest, sockets.toNetwork, network ? 'open' : 'closed']
  const args = [programBeside(import.meta, 'filter'), ...rules, String(most), consoleLog, qemuLog]
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log], env: plainEnvironment() })
  closeSync(log)
  child.once('error', () => {})
  child.unref()
}
