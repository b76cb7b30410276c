import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { plainEnvironment } from '../../../../core/plain-environment.ts'
import type { FilterSockets } from '../network.ts'

/** Starts the network filter of a machine as a separate process, which ends with the machine. `network`: as in `Rules`. */
export function startFilter({ fromGuest, toNetwork }: FilterSockets, network: boolean, logFile: string): void {
  const log = openSync(logFile, 'a', 0o600)
  const args = [join(import.meta.dirname, 'filter.ts'), fromGuest, toNetwork, network ? 'open' : 'closed']
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log], env: plainEnvironment() })
  closeSync(log)
  child.once('error', () => {})
  child.unref()
}
