import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits for an operation. After the signal is aborted, it waits at most `graceMs` longer and then throws the reason of the signal, because
 * not every call of a cloud can be stopped. The operation must be one that may be abandoned.
 */
export async function untilAborted<T>(operation: Promise<T>, signal: AbortSignal, graceMs = 5_000): Promise<T> {
  const done = new AbortController()
  const givenUp = new Promise<never>((_, reject) => {
    const giveUp = (): void =>
      void sleep(graceMs, undefined, { signal: done.signal }).then(
        () => reject(signal.reason),
        () => {},
      )
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true, signal: done.signal })
  })
  try {
    return await Promise.race([operation, givenUp])
  } finally {
    done.abort()
  }
}
