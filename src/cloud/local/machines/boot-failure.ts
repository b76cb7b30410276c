import { RejectedError } from '../../../core/errors.ts'
import { readConsole } from './console.ts'
import type { LocalMachine } from './machine.ts'
import { unless } from './unless.ts'

/** The console shows that the system cannot start. */
export class BootFailed extends RejectedError {}

/** The system needs a newer CPU than the machine has. */
export class CpuTooOld extends BootFailed {
  /** `level`: the level of the x86-64 instruction set that the system needs, such as v3. */
  constructor(level: string) {
    super(`the system needs a CPU of x86-64-${level}, and the CPU of the machine lacks some of its instructions`, {
      hint: 'use a computer whose CPU has them, with KVM: see docs/other-linux.md',
    })
  }
}

/** Waits for something that a starting machine does. Throws BootFailed as soon as the console shows that the system cannot start. */
export function unlessBootFails<T>(machine: LocalMachine, signal: AbortSignal, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return unless(async () => findBootFailure(await readConsole(machine)), signal, wait)
}

/**
 * The failure that this text of a console shows, if any. The C library of a distribution for a newer CPU ends the first process of the
 * system with the first message (glibc, sysdeps/x86/cpu-features.c). A kernel that restarts after a panic is given time to try again.
 */
export function findBootFailure(text: string): BootFailed | undefined {
  const level = /CPU does not support x86-64-(v\d)/.exec(text)?.[1]
  if (level !== undefined) return new CpuTooOld(level)
  const panic = /Kernel panic - not syncing: ([^\r\n]*)/.exec(text)?.[1]
  if (panic === undefined || /Rebooting in \d+ seconds/.test(text)) return undefined
  return new BootFailed(`the kernel of the machine stopped: ${panic}`, { hint: 'read the console log in the diagnostics folder' })
}
