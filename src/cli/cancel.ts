import { stateCommandLine } from '../core/program.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The exit code of a program that was ended by SIGINT: 128 + 2. */
const killed = 130

/**
 * Handles SIGINT, SIGTERM and SIGHUP: the first one aborts `signal`, so that the caller stops and cleans up; the second one ends the
 * program immediately. Disposing the result removes the handlers.
 */
export function onSignals(tell: (text: string) => void): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const receive = (): void => {
    if (controller.signal.aborted) {
      tell(`stopped before everything was deleted\nhint: delete the rest: ${stateCommandLine('reap')}`)
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
