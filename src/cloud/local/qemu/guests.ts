import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** Memory for QEMU itself and for other programs of this computer, in MiB. */
export const reserve = 512

/** Memory that running guests have not used yet, but may use later, in MiB. Guests of all projects and users count. */
export function readPromisedMemory(proc = '/proc'): number {
  return listed(proc)
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, pid) => sum + memoryOf(readOr(`${proc}/${pid}/cmdline`), readOr(`${proc}/${pid}/status`)), 0)
}

/** The same for one process; 0 if it is not QEMU. */
function memoryOf(commandLine: string, status: string): number {
  const args = commandLine.split('\0')
  if (!basename(args[0] ?? '').startsWith('qemu-system-')) return 0
  const given = Number(/^\d+$/.exec(args[args.indexOf('-m') + 1] ?? '')?.[0] ?? 0)
  const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
  return given === 0 ? 0 : Math.max(0, Math.ceil(given + reserve - resident))
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
