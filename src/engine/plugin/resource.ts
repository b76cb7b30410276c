/** Property values as the protocol transports them. Secrets and outputs are unwrapped. */
export type Properties = Record<string, unknown>

/** A problem of an input. */
export interface CheckFailure {
  readonly property: string
  readonly reason: string
}

/** The difference between old and new inputs. */
export interface DiffAnswer {
  readonly changed: boolean
  /** Properties whose change needs a new resource. */
  readonly replaces?: readonly string[]
  /** Remove the old resource before the new one is created. */
  readonly deleteBeforeReplace?: boolean
}

/** Context of the creation of a resource. */
export interface CreateContext {
  readonly urn: string
  /** Time-out in seconds; 0 if the user set none. */
  readonly timeout: number
  /** Aborted when the engine cancels. A normal end of the engine cancels too, so this must never stop machines. */
  readonly signal: AbortSignal
}

/** One resource type of a plugin. Only `create` is required. Defaults: no checks, each change replaces, nothing to remove. */
export interface ResourceHandler {
  check?(news: Properties, olds: Properties): Promise<{ inputs: Properties; failures: readonly CheckFailure[] }>
  diff?(id: string, olds: Properties, news: Properties): Promise<DiffAnswer>
  create(inputs: Properties, context: CreateContext): Promise<{ id: string; outputs: Properties }>
  /** Reads the current resource; undefined if it does not exist any more. */
  read?(id: string, state: Properties): Promise<{ outputs: Properties } | undefined>
  update?(id: string, olds: Properties, news: Properties, context: CreateContext): Promise<Properties>
  delete?(id: string, state: Properties, context: CreateContext): Promise<void>
}

/** A plugin and its resource types. */
export interface PluginSpec {
  readonly name: string
  readonly version: string
  /** Continue if the engine is killed. Default: end with the engine. */
  readonly outlivesEngine?: boolean
  readonly resources: Readonly<Record<string, ResourceHandler>>
}

/** A plugin of Bakehouse, as needed to start it. */
export interface PluginEntry {
  readonly name: string
  /** The source file of its main program. */
  readonly main: string
}
