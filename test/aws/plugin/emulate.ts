import type { Unwrap } from '@pulumi/pulumi'
import { changedProperties } from '../../../src/engine/plugin/properties.ts'
import type { CreateContext, Properties, ResourceHandler } from '../../../src/engine/plugin/resource.ts'

type Plain<T> = { [K in keyof T]?: Unwrap<T[K]> }

/** A resource type with the types of its SDK: unknown property names do not compile, and are errors at run time. */
export interface Emulation<Args, State> {
  readonly inputs: readonly (keyof Args & string)[]
  /** Inputs that can be updated in place. A change of another input replaces the resource. */
  readonly mutable?: readonly (keyof Args & string)[]
  create(inputs: Plain<Args>): Promise<{ readonly id: string; readonly outputs: Plain<State> }>
  update?(id: string, inputs: Plain<Args>, old: Plain<State>): Promise<Plain<State>>
  delete(id: string, state: Plain<State>): Promise<void>
}

/** The handler of a resource type for the protocol of the engine. */
export function emulate<Args, State>(emulation: Emulation<Args, State>): ResourceHandler {
  const known: readonly string[] = emulation.inputs
  const mutable: readonly string[] = emulation.mutable ?? []
  const { update } = emulation
  return {
    async check(news) {
      const unknown = Object.keys(news).filter((name) => !known.includes(name) && !name.startsWith('__'))
      return { inputs: news, failures: unknown.map((property) => ({ property, reason: 'the emulated provider does not know this input' })) }
    },
    async diff(_id, olds, news) {
      const changed = changedProperties(pick(olds, known), pick(news, known))
      return { changed: changed.length > 0, replaces: changed.filter((name) => !mutable.includes(name)) }
    },
    async create(inputs, context) {
      const { id, outputs } = await orCancelled(emulation.create(inputs as Plain<Args>), context)
      return { id, outputs: { ...inputs, ...(outputs as Properties) } }
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

/** Tags in the form of the EC2 API. */
export function toTags(tags: Record<string, string | undefined> | undefined): { Key: string; Value: string }[] {
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value: Value ?? '' }))
}
