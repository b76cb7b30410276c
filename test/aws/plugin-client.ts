import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fromStruct, toStruct } from '../../src/engine/plugin/properties.ts'
import type { Properties } from '../../src/engine/plugin/resource.ts'

const require = createRequire(import.meta.url)
const grpc: typeof import('@grpc/grpc-js') = require('@grpc/grpc-js')
const rpc = require('@pulumi/pulumi/proto/provider_grpc_pb.js')
const pb: typeof import('@pulumi/pulumi/proto/provider_pb.js') = require('@pulumi/pulumi/proto/provider_pb.js')
const { Status } = require('@pulumi/pulumi/proto/status_pb.js')
const { Empty } = require('google-protobuf/google/protobuf/empty_pb.js')

/** A resource, as the engine knows it. */
export interface Resource {
  readonly type: string
  readonly id: string
  readonly inputs: Properties
  readonly outputs: Properties
}

/** A change that a plugin finds between a resource and new inputs. */
export interface Difference {
  readonly changed: boolean
  readonly properties: readonly string[]
  readonly replaces: readonly string[]
  readonly deleteBeforeReplace: boolean
}

/** A plugin that the caller drives, in place of the engine. */
export interface PluginClient extends AsyncDisposable {
  check(type: string, inputs: Properties): Promise<readonly string[]>
  /** The outputs that a creation or an update would have, as far as they are known before it. */
  preview(type: string, inputs: Properties): Promise<Properties>
  previewUpdate(resource: Resource, inputs: Properties): Promise<Properties>
  create(type: string, inputs: Properties): Promise<Resource>
  diff(resource: Resource, inputs: Properties): Promise<Difference>
  update(resource: Resource, inputs: Properties): Promise<Resource>
  /** The resource as it is now; undefined if it does not exist. */
  read(resource: Resource): Promise<Resource | undefined>
  delete(resource: Resource): Promise<void>
  cancel(): Promise<void>
}

/** The error of a creation that failed after the resource existed. */
export class CreatedPartly extends Error {
  readonly resource: Resource

  constructor(message: string, resource: Resource) {
    super(message)
    this.resource = resource
  }
}

/** Starts a plugin by its main program. Disposing ends it. */
export async function startPlugin(main: string): Promise<PluginClient> {
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const client = new rpc.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  // biome-ignore lint/suspicious/noExplicitAny: messages are the generated, untyped classes
  const call = (method: string, request: unknown): Promise<any> =>
    new Promise((resolve, reject) => {
      client[method](request, (error: Error | null, answer: unknown) => (error ? reject(error) : resolve(answer)))
    })
  return {
    ...methodsOf(call),
    async [Symbol.asyncDispose]() {
      client.close()
      child.kill('SIGTERM')
      await closed
    },
  }
}

// biome-ignore lint/suspicious/noExplicitAny: messages are the generated, untyped classes
function methodsOf(call: (method: string, request: unknown) => Promise<any>): Omit<PluginClient, typeof Symbol.asyncDispose> {
  const create = async (type: string, inputs: Properties, preview: boolean): Promise<Resource> => {
    const answer = await call(
      'create',
      fill(new pb.CreateRequest(), { Urn: urn(type), Properties: toStruct(inputs), Preview: preview }),
    ).catch((error) => {
      throw toCreatedPartly(error, type, inputs)
    })
    return { type, id: answer.getId(), inputs, outputs: fromStruct(answer.getProperties()) }
  }
  const update = async ({ type, id, inputs: olds, outputs }: Resource, inputs: Properties, preview: boolean): Promise<Resource> => {
    const request = { Urn: urn(type), Id: id, Olds: toStruct(outputs), OldInputs: toStruct(olds), News: toStruct(inputs), Preview: preview }
    const answer = await call('update', fill(new pb.UpdateRequest(), request))
    return { type, id, inputs, outputs: fromStruct(answer.getProperties()) }
  }
  return {
    async check(type, inputs) {
      const answer = await call('check', fill(new pb.CheckRequest(), { Urn: urn(type), News: toStruct(inputs), Olds: toStruct({}) }))
      return answer.getFailuresList().map((failure: InstanceType<typeof pb.CheckFailure>) => failure.getReason())
    },
    preview: async (type, inputs) => (await create(type, inputs, true)).outputs,
    create: (type, inputs) => create(type, inputs, false),
    async diff({ type, id, inputs: olds, outputs }, inputs) {
      const request = { Urn: urn(type), Id: id, Olds: toStruct(outputs), OldInputs: toStruct(olds), News: toStruct(inputs) }
      const answer = await call('diff', fill(new pb.DiffRequest(), request))
      return {
        changed: answer.getChanges() === pb.DiffResponse.DiffChanges.DIFF_SOME,
        properties: answer.getDiffsList(),
        replaces: answer.getReplacesList(),
        deleteBeforeReplace: answer.getDeletebeforereplace(),
      }
    },
    previewUpdate: async (resource, inputs) => (await update(resource, inputs, true)).outputs,
    update: (resource, inputs) => update(resource, inputs, false),
    async read({ type, id, inputs, outputs }) {
      const request = { Urn: urn(type), Id: id, Properties: toStruct(outputs), Inputs: toStruct(inputs) }
      const answer = await call('read', fill(new pb.ReadRequest(), request))
      return answer.getId() === '' ? undefined : { type, id, inputs, outputs: fromStruct(answer.getProperties()) }
    },
    async delete({ type, id, outputs }) {
      await call('delete', fill(new pb.DeleteRequest(), { Urn: urn(type), Id: id, Properties: toStruct(outputs) }))
    },
    async cancel() {
      await call('cancel', new Empty())
    },
  }
}

function urn(type: string): string {
  return `urn:pulumi:stack::project::${type}::resource`
}

/** The message with its fields set. */
function fill<Message>(message: Message, fields: Readonly<Record<string, unknown>>): Message {
  for (const [name, value] of Object.entries(fields)) (message as Record<string, (value: unknown) => void>)[`set${name}`]?.(value)
  return message
}

function toCreatedPartly(
  error: { message: string; metadata?: import('@grpc/grpc-js').Metadata },
  type: string,
  inputs: Properties,
): unknown {
  const [details] = error.metadata?.get('grpc-status-details-bin') ?? []
  if (details === undefined) return error
  const [any] = Status.deserializeBinary(new Uint8Array(details as Buffer)).getDetailsList()
  const detail = pb.ErrorResourceInitFailed.deserializeBinary(any.getValue_asU8())
  return new CreatedPartly(error.message, { type, id: detail.getId(), inputs, outputs: fromStruct(detail.getProperties() as never) })
}
