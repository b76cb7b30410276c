import { MissingError } from '../../../core/errors.ts'
import { waitForPause } from '../qemu/pause.ts'
import { type LocalMachine, machineFiles } from './machine.ts'

/** Waits for something that a machine does. Throws MissingError as soon as QEMU pauses the machine, because it would wait forever. */
export async function unlessPaused<T>(machine: LocalMachine, signal: AbortSignal, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { qmpSocket, folder } = machineFiles(machine)
  const over = new AbortController()
  try {
    const ended = await Promise.race([wait(AbortSignal.any([signal, over.signal])), waitForPause(qmpSocket, folder, over.signal)])
    if (ended instanceof MissingError) throw ended
    return ended
  } finally {
    over.abort()
  }
}
