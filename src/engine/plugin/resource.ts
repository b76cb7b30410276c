/** Property values as the protocol transports them. Secrets and outputs are unwrapped. */
export type Properties = Record<string, unknown>

export interface CheckFailure {
  readonly property: string
  readonly reason: string
}

export interface DiffAnswer {
  readonly changed: boolean
  /** Properties whose change needs a new resource. */
  readonly replaces?: readonly string[]
  /** Remove the old resource before the new one is created. */
  readonly deleteBeforeReplace?: boolean
}

export interface CreateContext {
  readonly urn: string
  /** Seconds; 0 when the user set none. */
  readonly timeout: number
  /** Aborted when the engine cancels. A normal end of the engine cancels too, so this must never stop machines. */
  readonly signal: AbortSignal
}

/** One resource type of a plugin. Only `create` is required. Defaults: no checks, each change replaces, nothing to remove. */
export interface ResourceHandler {
  check?(news: Properties, olds: Properties): Promise<{ inputs: Properties; failures: readonly CheckFailure[] }>
  diff?(id: string, olds: Properties, news: Properties): Promise<DiffAnswer>
  create(inputs: Properties, context: CreateContext): Promise<{ id: string; outputs: Properties }>
  /** The resource as it is now. Undefined if it does not exist any more. */
  read?(id: string, state: Properties): Promise<{ outputs: Properties } | undefined>
  update?(id: string, olds: Properties, news: Properties, context: CreateContext): Promise<Properties>
  delete?(id: string, state: Properties, context: CreateContext): Promise<void>
}

export interface PluginSpec {
  readonly name: string
  readonly version: string
  /** Do not end when the engine is killed, only when it asks. Default: end with the engine. */
  readonly outlivesEngine?: boolean
  readonly resources: Readonly<Record<string, ResourceHandler>>
}

/** A plugin of this program, for those who start it. */
export interface PluginEntry {
  readonly name: string
  /** The source file that serves it. */
  readonly main: string
}
