import type { Metadata } from '@grpc/grpc-js'
import { fromStruct, unknownValue } from '../../../src/engine/plugin/properties.ts'
import type { Properties } from '../../../src/engine/plugin/resource.ts'
import type { Method, Methods, Request } from '../../../src/engine/plugin/serve.ts'
import { renderProblems } from './diagnostics.ts'
import { type Change, findChanges } from './difference.ts'
import { membersOf, resourceTypes } from './names.ts'
import { type Applied, nothing, openProviders, type Provider, type ProviderSettings, type State } from './provider.ts'
import { checkResponse, createResponse, diffResponse, Empty, failedPartly, readResponse, updateResponse } from './responses.ts'
import type { Block } from './schema.ts'
import { findUnknownProperties, toProperties, toTerraform } from './translate.ts'

/** A resource type of the provider, in the region of a resource. */
interface Kind {
  readonly type: string
  readonly block: Block
  readonly provider: Provider
  readonly region: string | undefined
}

/** The methods of the plugin protocol of Pulumi, by calls of the plugin protocol of Terraform. */
export function bridge(program: string, settings: ProviderSettings): Methods {
  return (signal) => {
    const open = openProviders(program, settings, signal)
    const find = async (request: Request, { region = defaultRegion() }: Properties): Promise<Kind> => {
      const name = String(request.getUrn()).split('::')[2]?.split('$').pop() ?? ''
      const type = resourceTypes[name]
      if (type === undefined) throw new Error(`the bridge has no resource type ${name}; it has ${Object.keys(resourceTypes).join(', ')}`)
      // Without an answer to the region, any provider can say what the arguments are worth.
      const provider = await open(region === unknownValue ? defaultRegion() : String(region))
      return { type, block: provider.blocks[type]!, provider, region: String(region) }
    }
    return { check: check(find), diff: diff(find), create: create(find), update: update(find), read: read(find), delete: remove(find) }
  }
}

type Find = (request: Request, properties: Properties) => Promise<Kind>

function defaultRegion(): string | undefined {
  return process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION
}

function check(find: Find): Method {
  return async (request) => {
    const news = fromStruct(request.getNews())
    const { type, block, provider } = await find(request, news)
    const { region: _, ...given } = news
    const names = new Map(membersOf(block).map(({ name, property }) => [name, property]))
    const unknown = findUnknownProperties(block, given).map((property) => ({ property, reason: `${type} has no argument ${property}` }))
    const problems = await provider.validate(type, toTerraform(block, given))
    const refused = problems.map(({ text, attribute }) => ({ property: names.get(attribute ?? '') ?? '', reason: text }))
    return checkResponse(news, [...unknown, ...refused])
  }
}

function diff(find: Find): Method {
  return async (request) => {
    const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())]
    const kind = await find(request, olds)
    const prior = toState(kind, request.getId(), olds)
    const plan = await kind.provider.plan(kind.type, prior, configOf(kind, news, 0))
    const changes = [...findChanges(kind.block, prior.value!, plan), ...changeOfRegion(kind, news)]
    return diffResponse(changes, keepsName(changes, olds, news))
  }
}

function changeOfRegion({ region }: Kind, { region: next = defaultRegion() }: Properties): Change[] {
  return next === region ? [] : [{ property: 'region', kind: 'update', replaces: true }]
}

/** Like the bridge of Pulumi: the old resource is deleted first if the new one would get the same name, which the program has chosen. */
function keepsName(changes: readonly Change[], olds: Properties, news: Properties): boolean {
  const name = ['name', 'keyName'].find((each) => each in news)
  return name !== undefined && news[name] === olds[name] && changes.some(({ replaces }) => replaces)
}

function create(find: Find): Method {
  return async (request) => {
    const news = fromStruct(request.getProperties())
    const kind = await find(request, news)
    const config = configOf(kind, news, request.getTimeout(), 'create')
    const { planned } = await kind.provider.plan(kind.type, nothing, config)
    if (request.getPreview()) return createResponse('', toOutputs(kind, planned))
    const applied = await kind.provider.apply(kind.type, nothing, planned, config)
    return createResponse(...outcomeOf(kind, applied))
  }
}

function update(find: Find): Method {
  return async (request) => {
    const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())]
    const kind = await find(request, olds)
    const prior = toState(kind, request.getId(), olds)
    const config = configOf(kind, news, request.getTimeout(), 'update')
    const { planned } = await kind.provider.plan(kind.type, prior, config)
    if (request.getPreview()) return updateResponse(toOutputs(kind, planned))
    const applied = await kind.provider.apply(kind.type, prior, planned, config)
    return updateResponse(outcomeOf(kind, applied)[1])
  }
}

function read(find: Find): Method {
  return async (request) => {
    const olds = fromStruct(request.getProperties())
    const kind = await find(request, olds)
    const state = await kind.provider.read(kind.type, toState(kind, request.getId(), olds))
    return readResponse(state.value && { id: request.getId(), outputs: toOutputs(kind, state), inputs: request.getInputs() })
  }
}

function remove(find: Find): Method {
  return async (request) => {
    const olds = fromStruct(request.getProperties())
    const kind = await find(request, olds)
    const prior = toState(kind, request.getId(), olds)
    const applied = await kind.provider.apply(kind.type, prior, { value: null, private: prior.private }, null)
    if (applied.problems.length > 0) throw new Error(renderProblems(applied.problems))
    return new Empty()
  }
}

/** The configuration of a resource. The time-out of the operation, in seconds, becomes one of Terraform where the type has it. */
function configOf({ block }: Kind, { region: _, ...properties }: Properties, timeout: number, operation = '') {
  const hasTimeout = block.blocks.some(
    ({ name, block: inner }) => name === 'timeouts' && inner.attributes.some((each) => each.name === operation),
  )
  return toTerraform(block, { ...properties, ...(timeout > 0 && hasTimeout ? { timeouts: { [operation]: `${timeout}s` } } : {}) })
}

/** The state of Terraform from that of Pulumi, and back. */
function toState({ block }: Kind, id: string, { __private, ...properties }: Properties): State {
  return { value: toTerraform(block, { ...properties, id }), private: Buffer.from(String(__private ?? ''), 'base64') }
}

function toOutputs({ block, region }: Kind, { value, private: data }: State): Properties {
  const { timeouts: _, ...properties } = toProperties(block, value ?? {})
  return { ...properties, region, __private: data.toString('base64') }
}

/** The resource after a change. If the change failed after the resource existed, the error contains the resource: the engine keeps it. */
function outcomeOf(kind: Kind, applied: Applied): [id: string, outputs: Properties] {
  const outputs = toOutputs(kind, applied)
  const [id, { problems }] = [String(outputs.id ?? ''), applied]
  if (problems.length === 0) return [id, outputs]
  const error: Error & { metadata?: Metadata } = new Error(renderProblems(problems))
  if (applied.value !== null && id !== '') error.metadata = failedPartly(id, outputs, error.message)
  throw error
}
