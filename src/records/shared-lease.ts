import { MissingError } from '../core/errors.ts'
import { currentOwner, describeOwner, judgeOwner, type LockOwner } from '../core/lock-owner.ts'
import { commandLine, engineCommandLine } from '../core/program.ts'
import type { Engine } from '../engine/engine.ts'
import type { OpenStack } from '../engine/stack.ts'

/** Who bakes a family, as all who share its state can read. */
export interface SharedOwner extends LockOwner {
  /** ISO 8601: by then the bake is over, whatever became of it. */
  readonly expires: string
}

const prefix = 'lease.'

/** The family that a stack is the lease of; undefined for every other stack. */
export function leasedFamily(stackName: string): string | undefined {
  return stackName.startsWith(prefix) ? stackName.slice(prefix.length) : undefined
}

/**
 * The right of one machine to bake a family, among all that share a state backend: an empty stack, because making one is the only
 * thing every backend does exactly once. A state of this machine's own needs none. Throws MissingError when another machine has it.
 */
export async function acquireSharedLease(engine: Engine, family: string, expires: string): Promise<AsyncDisposable> {
  if (engine.backend.startsWith('file:')) return { [Symbol.asyncDispose]: async () => {} }
  const stack = (await engine.createStack(`${prefix}${family}`)) ?? (await replaceOver(engine, family))
  await stack.setLabel(JSON.stringify(ownerHere(expires)))
  // A lease that cannot be given back expires: no reason to fail a bake that passed.
  return { [Symbol.asyncDispose]: () => stack.remove().catch(() => {}) }
}

/** This process, as the owner of a lease. */
export function ownerHere(expires: string): SharedOwner {
  return { ...currentOwner(), expires }
}

/** Why nobody bakes by this lease any more; undefined while somebody does, as far as can be told from here. */
export function whyLeaseIsOver(owner: SharedOwner | undefined, now = new Date()): string | undefined {
  if (!owner) return 'it names nobody'
  if (Date.parse(owner.expires) < now.getTime()) return `expired ${owner.expires}`
  return judgeOwner(owner) === 'gone' ? `process ${owner.pid} is gone` : undefined
}

/** The owner that a lease names. */
export async function readOwner(stack: OpenStack): Promise<SharedOwner | undefined> {
  const label = await stack.findLabel()
  return label === undefined ? undefined : (JSON.parse(label) as SharedOwner)
}

async function replaceOver(engine: Engine, family: string): Promise<OpenStack> {
  const found = await engine.findStack(`${prefix}${family}`)
  const owner = found && (await readOwner(found))
  if (found && owner && whyLeaseIsOver(owner)) {
    await found.remove()
    const stack = await engine.createStack(`${prefix}${family}`)
    if (stack) return stack
  }
  const who = owner ? ` by ${describeOwner(owner)}, until ${owner.expires} at the latest` : ' on another machine'
  throw new MissingError(`${family} is being baked${who}`, {
    hint: `wait for it; if that machine is gone: ${engineCommandLine('stack rm', `${prefix}${family}`)}, then ${commandLine('reap')}`,
  })
}
