import { MissingError } from '../core/errors.ts'
import { currentOwner, describeOwner, judgeOwner, type LockOwner } from '../core/lock-owner.ts'
import { commandLine, engineCommandLine } from '../core/program.ts'
import type { Engine } from '../engine/engine.ts'
import type { OpenStack } from '../engine/stack.ts'

/** The owner of a build lock in a shared state. */
export interface SharedOwner extends LockOwner {
  /** When the build has ended at the latest, ISO 8601. */
  readonly expires: string
}

/** The start of the names of these stacks. It never changes: other computers, with other versions of Bakehouse, use it too. */
const prefix = 'lease.'

/** The family whose build lock this stack is; undefined for other stacks. */
export function lockedFamily(stackName: string): string | undefined {
  return stackName.startsWith(prefix) ? stackName.slice(prefix.length) : undefined
}

/**
 * Takes the build lock of a family among all computers that share a state backend. The lock is an empty stack, because in every backend
 * only one of several computers can create a stack with a given name. A file backend needs no such lock. Throws MissingError if another
 * computer holds it.
 */
export async function acquireSharedBuildLock(engine: Engine, family: string, expires: string): Promise<AsyncDisposable> {
  if (engine.backend.startsWith('file:')) return { [Symbol.asyncDispose]: async () => {} }
  const stack = (await engine.createStack(`${prefix}${family}`)) ?? (await replaceStaleLock(engine, family))
  await stack.setLabel(JSON.stringify(ownerHere(expires)))
  // If the lock cannot be removed, it expires. A build that passed does not fail because of that.
  return { [Symbol.asyncDispose]: () => stack.remove().catch(() => {}) }
}

/** This process as the owner of a build lock. */
export function ownerHere(expires: string): SharedOwner {
  return { ...currentOwner(), expires }
}

/** Returns why a build lock is not in use any more; undefined if it is, or if that cannot be checked from this computer. */
export function whyLockIsStale(owner: SharedOwner | undefined, now = new Date()): string | undefined {
  if (!owner) return 'it does not name its owner'
  if (Date.parse(owner.expires) < now.getTime()) return `expired ${owner.expires}`
  return judgeOwner(owner) === 'gone' ? `process ${owner.pid} has ended` : undefined
}

/** The owner of a build lock, read from the label of its stack; undefined if the stack has no label. */
export async function readOwner(stack: OpenStack): Promise<SharedOwner | undefined> {
  const label = await stack.findLabel()
  return label === undefined ? undefined : (JSON.parse(label) as SharedOwner)
}

async function replaceStaleLock(engine: Engine, family: string): Promise<OpenStack> {
  const found = await engine.findStack(`${prefix}${family}`)
  const owner = found && (await readOwner(found))
  if (found && owner && whyLockIsStale(owner)) {
    await found.remove()
    const stack = await engine.createStack(`${prefix}${family}`)
    if (stack) return stack
  }
  const who = owner ? ` by ${describeOwner(owner)}, until ${owner.expires} at the latest` : ' on another computer'
  throw new MissingError(`${family} is being built${who}`, {
    hint: `wait until it ends; if that computer does not exist any more: ${engineCommandLine('stack rm', `${prefix}${family}`)}, then ${commandLine('reap')}`,
  })
}
