import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { findVariable } from '../../../core/environment.ts'
import { run } from '../../../core/exec.ts'
import { cacheFolder } from '../../../core/paths.ts'
import { findJson, writeJson } from '../../../core/write-file.ts'
import type { Accelerator } from './arguments.ts'
import { qemuTools } from './tools.ts'

/** How long a kernel may take to say its name; one that runs at all does so within a second, in ms. */
const probeDeadline = 8_000

/** What a probe found, and on which machine: it is asked again when any of this changes. */
interface Found {
  readonly machine: string
  readonly accelerator: Accelerator
}

let found: Promise<Accelerator> | undefined

/**
 * The best accelerator that really runs guests here. A device that opens proves nothing, so a kernel is started with it;
 * what was found is kept for this machine. `BAKEHOUSE_ACCELERATOR` (kvm, hvf, tcg) overrides.
 */
export function findAccelerator(): Promise<Accelerator> {
  found ??= find()
  return found
}

async function find(): Promise<Accelerator> {
  const wanted = findVariable('BAKEHOUSE_ACCELERATOR')
  if (wanted === 'kvm' || wanted === 'hvf' || wanted === 'tcg') return wanted
  const candidate = process.platform === 'darwin' ? 'hvf' : 'kvm'
  if (!mayExist(candidate)) return 'tcg'
  const file = join(cacheFolder(), 'accelerator.json')
  const machine = describeMachine()
  const known = findJson<Found>(file)
  if (known?.machine === machine) return known.accelerator
  const kernel = findKernel()
  const accelerator = !kernel || (await startsKernel(probeArguments(candidate, kernel))) ? candidate : 'tcg'
  if (kernel) {
    mkdirSync(cacheFolder(), { recursive: true })
    writeJson(file, { machine, accelerator } satisfies Found)
  }
  return accelerator
}

/** The command line that starts a kernel and nothing else: it ends by itself for want of a root file system. */
export function probeArguments(accelerator: Accelerator, kernel: string): string[] {
  return [
    ...['-machine', 'q35', '-accel', accelerator, '-cpu', 'host', '-m', '256', '-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-no-reboot', '-kernel', kernel, '-append', 'console=ttyS0 panic=-1', '-serial', 'stdio'],
  ]
}

async function startsKernel(args: readonly string[]): Promise<boolean> {
  const stop = new AbortController()
  let runs = false
  const onLine = (line: string): void => {
    if (!line.includes('Linux version')) return
    runs = true
    stop.abort()
  }
  await run(qemuTools().system, args, { onLine, signal: stop.signal, timeoutMs: probeDeadline }).catch(() => {})
  return runs
}

function mayExist(accelerator: Accelerator): boolean {
  if (accelerator === 'hvf') return true
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Any Linux kernel will do: that of a base disk of ours, or this machine's own. */
function findKernel(): string | undefined {
  const [ours, own] = [join(cacheFolder(), 'base'), '/boot']
  return [...listed(ours, (name) => name.endsWith('.vmlinuz')), ...listed(own, (name) => name.startsWith('vmlinuz'))].find(isReadable)
}

function describeMachine(): string {
  const { system } = qemuTools()
  const { size, mtimeMs } = existsSync(system) ? statSync(system) : { size: 0, mtimeMs: 0 }
  const device = existsSync('/dev/kvm') ? statSync('/dev/kvm').rdev : 0
  return [release(), system, size, mtimeMs, device].join(' ')
}

function listed(folder: string, wanted: (name: string) => boolean): string[] {
  try {
    return readdirSync(folder)
      .filter(wanted)
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}
