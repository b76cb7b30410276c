import type { Metadata } from '@grpc/grpc-js'
import type { Unwrap } from '@pulumi/pulumi'
import { changedProperties } from '../../../src/engine/plugin/properties.ts'
import type { CheckFailure, CreateContext, Properties, ResourceHandler } from '../../../src/engine/plugin/resource.ts'
import { failedPartly } from '../bridge/responses.ts'

/** The properties of a type of the SDK, all known. */
export type Plain<T> = { [K in keyof T]?: Unwrap<T[K]> }

/** A resource type with the types of its SDK: unknown property names do not compile, and are errors at run time. */
export interface Emulation<Args, State> {
  readonly inputs: readonly (keyof Args & string)[]
  /** Inputs that can be updated in place. A change of another input replaces the resource. */
  readonly mutable?: readonly (keyof Args & string)[]
  /** The input with a value that the real provider refuses before it makes a call; undefined without one. */
  refuse?(inputs: Plain<Args>): (keyof Args & string) | undefined
  /** Calls `made` as soon as the resource exists: after a cancel, the engine must know it. */
  create(inputs: Plain<Args>, made: (id: string) => void): Promise<{ readonly id: string; readonly outputs: Plain<State> }>
  update?(id: string, inputs: Plain<Args>, old: Plain<State>): Promise<Plain<State>>
  exists(id: string, state: Plain<State>): Promise<boolean>
  delete(id: string, state: Plain<State>): Promise<void>
}

/** The handler of a resource type for the protocol of the engine. */
export function emulate<Args, State>(emulation: Emulation<Args, State>): ResourceHandler {
  const known: readonly string[] = emulation.inputs
  const mutable: readonly string[] = emulation.mutable ?? []
  const { update } = emulation
  return {
    async check(news) {
      const refused = emulation.refuse?.(news as Plain<Args>)
      const failures = [
        ...unknownInputs(news, known),
        ...(refused === undefined ? [] : [{ property: refused, reason: `the value of ${refused} is not allowed` }]),
      ]
      return { inputs: news, failures }
    },
    async diff(_id, olds, news) {
      const changed = changedProperties(pick(olds, known), pick(news, known))
      const replaces = changed.filter((name) => !mutable.includes(name))
      return { changed: changed.length > 0, replaces, deleteBeforeReplace: replaces.length > 0 && keepsName(olds, news) }
    },
    async create(inputs, context) {
      let madeId: string | undefined
      const creation = emulation.create(inputs as Plain<Args>, (made) => {
        madeId = made
      })
      const { id, outputs } = await orCancelled(creation, context).catch((error: Error & { metadata?: Metadata }) => {
        if (madeId !== undefined) error.metadata = failedPartly(madeId, inputs, error.message)
        throw error
      })
      return { id, outputs: { ...inputs, ...(outputs as Properties) } }
    },
    // It does not look for changes by others. The conformance test looks with clients of its own at what create and update have done.
    async read(id, state) {
      return (await emulation.exists(id, state as Plain<State>)) ? { outputs: state } : undefined
    },
    ...(update
      ? {
          update: async (id: string, olds: Properties, news: Properties, context: CreateContext) => ({
            ...olds,
            ...news,
            ...((await orCancelled(update(id, news as Plain<Args>, olds as Plain<State>), context)) as Properties),
          }),
        }
      : {}),
    delete: (id, state, context) => orCancelled(emulation.delete(id, state as Plain<State>), context),
  }
}

function unknownInputs(news: Properties, known: readonly string[]): CheckFailure[] {
  const unknown = Object.keys(news).filter((name) => !known.includes(name) && !name.startsWith('__'))
  return unknown.map((property) => ({ property, reason: 'the emulated provider does not know this input' }))
}

/** Like the bridge of Pulumi: the old resource is deleted first if the new one would get the same name. */
function keepsName(olds: Properties, news: Properties): boolean {
  const name = ['name', 'keyName'].find((each) => each in news)
  return name !== undefined && news[name] === olds[name]
}

/** Like the real provider: after a cancel, it does not wait for the answer to a call. */
async function orCancelled<T>(operation: Promise<T>, { signal }: CreateContext): Promise<T> {
  operation.catch(() => {})
  const cancelled = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('cancelled')), { once: true })
  })
  return Promise.race([operation, cancelled])
}

function pick(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(names.flatMap((name) => (properties[name] === undefined ? [] : [[name, properties[name]]])))
}

/** Runs a deletion. A NotFound error counts as success. */
export async function unlessGone(call: () => Promise<unknown>): Promise<void> {
  try {
    await call()
  } catch (error) {
    if (!/NotFound|Unavailable/.test(String((error as { name?: string }).name))) throw error
  }
}

/** Whether a call finds its resource. */
export async function isFound(call: () => Promise<boolean>): Promise<boolean> {
  let found = false
  await unlessGone(async () => {
    found = await call()
  })
  return found
}

/** Tags in the form of the EC2 API. */
export function toTags(tags: Record<string, string | undefined> | undefined): { Key: string; Value: string }[] {
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value: Value ?? '' }))
}
