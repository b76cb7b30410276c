const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The exit code of a program that was ended by SIGINT: 128 + 2. */
const killed = 130

/**
 * Handles SIGINT, SIGTERM and SIGHUP: the first one aborts `signal`, so that the caller stops and cleans up; the second one ends the
 * program immediately. Disposing the result removes the handlers. `remedy`: the command that deletes what such an end leaves, if the caller
 * creates anything.
 */
export function onSignals(tell: (text: string) => void, remedy?: string): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const receive = (): void => {
    if (controller.signal.aborted) {
      tell(remedy === undefined ? 'stopped' : `stopped before everything was deleted\nhint: delete the rest: ${remedy}`)
      process.exit(killed)
    }
    tell('cancelling and cleaning up; press Ctrl-C again to exit immediately')
    controller.abort()
  }
  for (const name of signals) process.on(name, receive)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, receive)
    },
  }
}
