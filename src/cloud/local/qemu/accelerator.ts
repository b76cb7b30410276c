import { accessSync, constants, readdirSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { defined } from '../../../core/defined.ts'
import { findVariable } from '../../../core/environment.ts'
import { cacheFolder } from '../../../core/paths.ts'
import { findJson, writeJson } from '../../../core/write-file.ts'
import type { Accelerator } from './arguments.ts'
import { describeHost } from './describe-host.ts'
import { findDeviceTrouble } from './kvm-device.ts'
import { tryAccelerator } from './probe.ts'

/** The accelerator of this computer, and why a faster one cannot be used. */
export interface Acceleration {
  readonly accelerator: Accelerator
  readonly why?: string
  readonly hint?: string
}

/** An accelerator that has run a guest, with the computer and QEMU of that test. Stored in the cache. Failures are not stored. */
interface Proved {
  readonly host: readonly string[]
  readonly accelerator: Accelerator
}

const names: readonly Accelerator[] = ['kvm', 'kvm,arch-capabilities=off', 'hvf', 'tcg']

let found: Promise<Acceleration> | undefined

/**
 * The fastest accelerator that can run a guest with the arguments of a build; emulation if none can. `BAKEHOUSE_ACCELERATOR` overrides it
 * (kvm, hvf, tcg).
 */
export function findAcceleration(): Promise<Acceleration> {
  found ??= find()
  return found
}

/** The name of the accelerator. */
export async function findAccelerator(): Promise<Accelerator> {
  return (await findAcceleration()).accelerator
}

/** Called when an accelerator could not start a machine: this process uses the next slower one from now on. Not stored. */
export function rejectAccelerator(accelerator: Accelerator, why: string): void {
  rmSync(provedFile(), { force: true })
  const [next = 'tcg'] = candidates().slice(candidates().indexOf(accelerator) + 1)
  found = Promise.resolve({ accelerator: next, why: `${accelerator} did not start a machine: ${why}` })
}

async function find(): Promise<Acceleration> {
  const wanted = names.find((name) => name === findVariable('BAKEHOUSE_ACCELERATOR'))
  if (wanted) return { accelerator: wanted, why: 'set by BAKEHOUSE_ACCELERATOR', hint: 'unset BAKEHOUSE_ACCELERATOR' }
  const trouble = process.platform === 'darwin' ? undefined : findDeviceTrouble()
  if (trouble) return { accelerator: 'tcg', ...trouble }
  const host = await describeHost()
  const proved = findJson<Proved>(provedFile())
  if (proved && JSON.stringify(proved.host) === JSON.stringify(host)) return { accelerator: proved.accelerator }
  return probe(host)
}

async function probe(host: readonly string[]): Promise<Acceleration> {
  const kernel = findKernel()
  const failures: string[] = []
  for (const accelerator of candidates()) {
    const failure = await tryAccelerator(accelerator, kernel)
    if (failure === undefined) {
      if (kernel) await keep({ host, accelerator })
      return { accelerator, ...defined({ why: failures.length > 0 ? failures.join('; ') : undefined }) }
    }
    failures.push(`${accelerator}: ${failure}`)
  }
  return {
    accelerator: 'tcg',
    why: failures.join('; '),
    hint: 'docs/kvm-checklist.md lists what KVM needs; BAKEHOUSE_ACCELERATOR=tcg skips the attempt',
  }
}

/** The accelerators from fastest to slowest, without emulation, which always works. */
function candidates(): readonly Accelerator[] {
  return process.platform === 'darwin' ? ['hvf'] : ['kvm', 'kvm,arch-capabilities=off']
}

async function keep(proved: Proved): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true })
  writeJson(provedFile(), proved)
}

function provedFile(): string {
  return join(cacheFolder(), 'accelerator.json')
}

/** The path of a Linux kernel: of a base disk, or of this computer. */
function findKernel(): string | undefined {
  const [bases, own] = [join(cacheFolder(), 'base'), '/boot']
  return [...listed(bases, (name) => name.endsWith('.vmlinuz')), ...listed(own, (name) => name.startsWith('vmlinuz'))].find(isReadable)
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
