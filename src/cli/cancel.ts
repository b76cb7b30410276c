import { commandLine } from '../core/program.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** How a shell tells of a program ended by SIGINT. */
const killed = 130

/** Makes the first signal a request to stop and clean up, the second an end at once. Undone when disposed. */
export function onSignals(tell: (text: string) => void): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const receive = (): void => {
    if (controller.signal.aborted) {
      tell(`stopped before all was cleaned up: ${commandLine('reap')} removes the rest`)
      process.exit(killed)
    }
    tell('cancelling: cleaning up, once more to leave that to `reap`')
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
