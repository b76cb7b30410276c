import { type Connection, connect } from './connection.ts'
import { type Diagnostic, type Problem, problemsOf, throwProblems } from './diagnostics.ts'
import { resourceTypes } from './names.ts'
import { propose } from './propose.ts'
import { type Block, readSchemas } from './schema.ts'
import { toTerraform } from './translate.ts'
import { fromMessage, isObject, type ObjectValue, toMessage } from './value.ts'

/** The state of a resource, and the data that the provider keeps with it. */
export interface State {
  readonly value: ObjectValue | null
  readonly private: Buffer
}

export interface Plan {
  readonly planned: State
  /** Attributes whose change needs a new resource. */
  readonly replaces: readonly string[]
}

/** The state after a change. If there are problems, it is what exists nevertheless. */
export interface Applied extends State {
  readonly problems: readonly Problem[]
}

/** A provider that is configured for a region. */
export interface Provider {
  readonly blocks: Readonly<Record<string, Block>>
  validate(type: string, config: ObjectValue): Promise<readonly Problem[]>
  plan(type: string, prior: State, config: ObjectValue): Promise<Plan>
  /** Creates, updates, or (without a configuration) deletes. */
  apply(type: string, prior: State, planned: State, config: ObjectValue | null): Promise<Applied>
  read(type: string, state: State): Promise<State>
  /** Cancels the waits of all calls. */
  stop(): Promise<void>
}

/** The state of a resource that does not exist. */
export const nothing: State = { value: null, private: Buffer.alloc(0) }

/** Settings that the stack has for the provider. Set when the engine configures the plugin, before a provider is opened. */
export interface ProviderSettings {
  maxRetries?: unknown
}

/** Providers by region: one process each, started when the region is used first. An abort of the signal stops what they do. */
export function openProviders(
  program: string,
  settings: ProviderSettings,
  signal: AbortSignal,
): (region: string | undefined) => Promise<Provider> {
  const providers = new Map<string | undefined, Promise<Provider>>()
  signal.addEventListener('abort', () => {
    for (const provider of providers.values()) provider.then(({ stop }) => stop()).catch(() => {})
  })
  return (region) => {
    const provider = providers.get(region) ?? openProvider(program, { ...settings, region })
    providers.set(region, provider)
    return provider
  }
}

async function openProvider(program: string, { region, maxRetries }: ProviderSettings & { region: string | undefined }): Promise<Provider> {
  const connection = await connect(program)
  const { provider, resources } = await readSchemas(connection, program, Object.values(resourceTypes))
  // Like @pulumi/aws: the names of regions are not compared with a list.
  const config = toTerraform(provider, {
    region,
    skipRegionValidation: true,
    ...(maxRetries === undefined ? {} : { maxRetries: Number(maxRetries) }),
  })
  const prepared = await connection.call('PrepareProviderConfig', { config: toMessage(config) })
  throwProblems(prepared.diagnostics)
  const { diagnostics } = await connection.call('Configure', { terraformVersion: '1.11.4', config: prepared.preparedConfig })
  throwProblems(diagnostics)
  return toProvider(connection, resources)
}

function toProvider({ call }: Connection, blocks: Provider['blocks']): Provider {
  return {
    blocks,
    async validate(typeName, config) {
      const { diagnostics } = await call('ValidateResourceTypeConfig', { typeName, config: toMessage(config) })
      return problemsOf(diagnostics)
    },
    async plan(typeName, prior, config) {
      const proposedNewState = toMessage(propose(blocks[typeName]!, prior.value, config))
      const request = { typeName, priorState: toMessage(prior.value), priorPrivate: prior.private, config: toMessage(config) }
      const { plannedState, plannedPrivate, requiresReplace, diagnostics } = await call('PlanResourceChange', {
        ...request,
        proposedNewState,
      })
      throwProblems(diagnostics)
      const replaces = (requiresReplace as Diagnostic['attribute'][]).map((path) => path?.steps[0]?.attributeName ?? '')
      return { planned: toState(plannedState, plannedPrivate), replaces }
    },
    async apply(typeName, prior, planned, config) {
      const { newState, ...answer } = await call('ApplyResourceChange', {
        typeName,
        priorState: toMessage(prior.value),
        plannedState: toMessage(planned.value),
        plannedPrivate: planned.private,
        config: toMessage(config),
      })
      return { ...toState(newState, answer.private), problems: problemsOf(answer.diagnostics) }
    },
    async read(typeName, state) {
      const { newState, ...answer } = await call('ReadResource', {
        typeName,
        currentState: toMessage(state.value),
        private: state.private,
      })
      throwProblems(answer.diagnostics)
      return toState(newState, answer.private)
    },
    stop: () => call('Stop', {}),
  }
}

function toState(message: Parameters<typeof fromMessage>[0], data: Buffer): State {
  const value = fromMessage(message)
  return { value: isObject(value) ? value : null, private: data }
}
