import { commandLine } from '../core/program.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The exit code of a program that SIGINT ended. */
const killed = 130

/** The first signal asks to stop and clean up; the second ends the program at once. Disposing removes the handlers. */
export function onSignals(tell: (text: string) => void): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const receive = (): void => {
    if (controller.signal.aborted) {
      tell(`stopped before everything was removed; hint: remove the rest with: ${commandLine('reap')}`)
      process.exit(killed)
    }
    tell('cancelling and cleaning up; press Ctrl-C again to exit at once')
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
