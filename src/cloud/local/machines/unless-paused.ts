import { MissingError } from '../../../core/errors.ts'
import { waitForPause } from '../qemu/pause.ts'
import { instanceFiles, type LocalInstance } from './machine.ts'

/** Waits for something that a machine does. Throws MissingError as soon as QEMU pauses the machine, for then it does nothing any more. */
export async function unlessPaused<T>(instance: LocalInstance, signal: AbortSignal, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { qmpSocket, folder } = instanceFiles(instance)
  const over = new AbortController()
  try {
    const ended = await Promise.race([wait(AbortSignal.any([signal, over.signal])), waitForPause(qmpSocket, folder, over.signal)])
    if (ended instanceof MissingError) throw ended
    return ended
  } finally {
    over.abort()
  }
}
