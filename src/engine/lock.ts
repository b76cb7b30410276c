import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '@pulumi/pulumi/automation/index.js'
import { findVariable } from '../core/environment.ts'
import { refuseLock } from './explain-failure.ts'
import { hasStaleLock, isLocked } from './failed-run.ts'

/** Milliseconds between two attempts. */
const pause = 2_000

/** How an operation waits for a stack. */
interface Waiting {
  readonly signal: AbortSignal
  readonly onWait?: (text: string) => void
}

/**
 * Runs an operation on a stack. If a killed engine left its lock on the stack, removes the lock and runs the operation again. If another
 * process has the lock, waits for it. Throws MissingError if that takes too long.
 */
export async function whileUnlocked(stack: Stack, { signal, onWait }: Waiting, operation: () => Promise<unknown>): Promise<void> {
  const seconds = Number(findVariable('BAKEHOUSE_LOCK_SECONDS') ?? 120)
  const end = Date.now() + seconds * 1000
  for (let attempt = 1; ; attempt++) {
    try {
      await operation()
      return
    } catch (error) {
      const isStale = hasStaleLock(error)
      if (!isStale && !isLocked(error)) throw error
      if (isStale) await stack.cancel()
      else if (Date.now() > end) throw refuseLock(stack.name, seconds, error)
      else {
        if (attempt === 1) onWait?.(`waiting up to ${seconds} s, because another process has locked the stack ${stack.name}`)
        await sleep(pause, undefined, { signal })
      }
    }
  }
}
