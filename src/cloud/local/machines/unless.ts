import { setTimeout as sleep } from 'node:timers/promises'

/** Pause between two searches for a failure, in ms. */
const pause = 1_000

/** Waits for something that may never come. Meanwhile calls `find` again and again, and throws the first failure that it returns. */
export async function unless<T>(
  find: () => Promise<Error | undefined>,
  signal: AbortSignal,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  try {
    return await Promise.race([wait(AbortSignal.any([signal, over.signal])), watch(find, over.signal)])
  } finally {
    over.abort()
  }
}

/** Throws the first failure. Never ends if it is aborted before. */
async function watch(find: () => Promise<Error | undefined>, signal: AbortSignal): Promise<never> {
  for (;;) {
    const failure = await find()
    if (failure) throw failure
    await sleep(pause, undefined, { signal }).catch(() => new Promise<never>(() => {}))
  }
}
