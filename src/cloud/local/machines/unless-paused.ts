import { findPause } from '../qemu/pause.ts'
import { type LocalMachine, machineFiles } from './machine.ts'
import { unless } from './unless.ts'

/** Waits for something that a machine does. Throws MissingError as soon as QEMU pauses the machine, because it would wait forever. */
export function unlessPaused<T>(machine: LocalMachine, signal: AbortSignal, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { qmpSocket, folder } = machineFiles(machine)
  return unless(() => findPause(qmpSocket, folder), signal, wait)
}
