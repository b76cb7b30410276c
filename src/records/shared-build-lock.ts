import { setTimeout as sleep } from 'node:timers/promises'
import { MissingError } from '../core/errors.ts'
import { currentOwner, describeOwner, judgeOwner, type LockOwner } from '../core/lock-owner.ts'
import { engineCommandLine, stateCommandLine } from '../core/program.ts'
import type { Engine, ListedStack } from '../engine/engine.ts'
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
 * only one of several computers can create a stack with a given name. The private backend of a project needs no such lock. Throws
 * MissingError if another computer holds it.
 */
export async function acquireSharedBuildLock(engine: Engine, family: string, expires: string): Promise<AsyncDisposable> {
  if (!engine.isShared) return { [Symbol.asyncDispose]: async () => {} }
  const stack = await createLock(engine, family)
  await stack.setLabel(JSON.stringify(ownerHere(expires)))
  // If the lock cannot be removed, it expires. A build that passed does not fail because of that.
  return { [Symbol.asyncDispose]: () => stack.remove().catch(() => {}) }
}

/** Of two computers that create the lock at the same moment, the backend may refuse both. So this one tries again if there is no lock. */
async function createLock(engine: Engine, family: string): Promise<OpenStack> {
  for (let attempt = 1; ; attempt++) {
    const created = (await engine.createStack(`${prefix}${family}`)) ?? (await replaceStaleLock(engine, family))
    if (created) return created
    if (attempt === attempts) throw refuse(family, undefined)
    await sleep(Math.random() * 2_000)
  }
}

const attempts = 3

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

/** The owner of a build lock, read from the label of its stack; undefined if it has no label, or does not exist. */
export async function readOwner(stack: OpenStack): Promise<SharedOwner | undefined> {
  const label = await stack.findLabel()
  return label === undefined ? undefined : (JSON.parse(label) as SharedOwner)
}

/** Creates the lock in place of one that is not in use any more. Undefined if there is none. Throws MissingError if it is in use. */
async function replaceStaleLock(engine: Engine, family: string): Promise<OpenStack | undefined> {
  const found = await engine.findStack(`${prefix}${family}`)
  if (!found) return undefined
  const owner = await readOwner(found)
  if (!owner || !whyLockIsStale(owner)) throw refuse(family, owner)
  await found.remove()
  return engine.createStack(`${prefix}${family}`)
}

/**
 * The families that other computers build now, by the build locks among these stacks. A lock that is younger than ten minutes and does not
 * name its owner yet counts as held: its owner is about to write its name.
 */
export async function findLockedFamilies(engine: Engine, stacks: readonly ListedStack[], now = new Date()): Promise<Set<string>> {
  const families = new Set<string>()
  for (const stack of stacks) {
    const family = lockedFamily(stack.name)
    if (family === undefined) continue
    const owner = await readOwner(await engine.knownStack(stack.name))
    if (owner ? !whyLockIsStale(owner, now) : isYoung(stack, now)) families.add(family)
  }
  return families
}

/** The family, if another computer builds it now. Takes one run of the engine. */
export async function findLockedFamily(engine: Engine, family: string): Promise<string | undefined> {
  const owner = await readOwner(await engine.knownStack(`${prefix}${family}`))
  return owner && !whyLockIsStale(owner) ? family : undefined
}

/** Whether a stack was changed in the last ten minutes, so that the process that made it may still work on it. */
export function isYoung({ changedAt }: Pick<ListedStack, 'changedAt'>, now = new Date()): boolean {
  return changedAt !== undefined && now.getTime() - Date.parse(changedAt) < 10 * 60_000
}

function refuse(family: string, owner: SharedOwner | undefined): MissingError {
  const who = owner ? ` by ${describeOwner(owner)}, until ${owner.expires} at the latest` : ' on another computer'
  return new MissingError(`${family} is being built${who}`, {
    hint: `wait until it ends; if that computer does not exist any more: ${engineCommandLine('stack rm', `${prefix}${family}`)}, then ${stateCommandLine('reap', '--family', family)}`,
  })
}
