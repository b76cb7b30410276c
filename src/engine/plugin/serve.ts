import { createRequire } from 'node:module'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Metadata, ServerUnaryCall, sendUnaryData, UntypedServiceImplementation } from '@grpc/grpc-js'
import { BakehouseError, messageOf } from '../../core/errors.ts'
import { print, say } from '../../core/output.ts'
import { withoutEffects } from '../../core/printable.ts'
import { isFromParent } from './peer.ts'
import { changedProperties, fromStruct, toStruct } from './properties.ts'
import type { CreateContext, DiffAnswer, PluginSpec, Properties, ResourceHandler } from './resource.ts'

// The generated protocol classes are CommonJS. Loading only them is three times faster than loading the whole SDK.
const require = createRequire(import.meta.url)
const grpc: typeof import('@grpc/grpc-js') = require('@grpc/grpc-js')
const rpc = require('@pulumi/pulumi/proto/provider_grpc_pb.js')
const pb: typeof import('@pulumi/pulumi/proto/provider_pb.js') = require('@pulumi/pulumi/proto/provider_pb.js')
const plugin: typeof import('@pulumi/pulumi/proto/plugin_pb.js') = require('@pulumi/pulumi/proto/plugin_pb.js')
const { Empty } = require('google-protobuf/google/protobuf/empty_pb.js')

// biome-ignore lint/suspicious/noExplicitAny: requests are the generated, untyped message classes
export type Request = any
/** A method of the protocol: from its request to its response. */
export type Method = (request: Request) => Promise<unknown>
/** Methods by their names in the generated service. `signal` is aborted when the engine cancels. */
export type Methods = (signal: AbortSignal) => Readonly<Record<string, Method>>

/** Maximum size of a gRPC message, as in the engine. */
const maximumMessageBytes = 400 * 1024 * 1024

/** Serves a provider plugin whose resource types have handlers. */
export function servePlugin(spec: PluginSpec): Promise<void> {
  return serveMethods(spec, (signal) => lifecycle(spec, signal))
}

/**
 * Serves a provider plugin with the protocol of the engine, and prints its port, as the engine expects. Only the engine can connect. Ends
 * when the engine requests it or, without `outlivesEngine`, when the parent process has ended. `methods` adds methods to those that every
 * plugin has, or replaces them.
 */
export async function serveMethods(spec: Omit<PluginSpec, 'resources'>, methods: Methods): Promise<void> {
  const engine = process.ppid
  const server = new grpc.Server({
    'grpc.max_receive_message_length': maximumMessageBytes,
    'grpc.max_send_message_length': maximumMessageBytes,
  })
  server.addService(rpc.ResourceProviderService, implementation(spec, methods))
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure())
  const port = await listen((socket) => {
    if (isOfEngine(socket, engine)) injector.injectConnection(socket)
    else refuse(socket, spec.name)
  })
  print(String(port))
  if (spec.outlivesEngine !== true) endWithParent()
  process.on('SIGTERM', () => process.exit(0))
}

function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer(onConnection)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

/** Whether a connection comes from the engine. False if that cannot be determined. */
function isOfEngine(socket: Socket, engine: number): boolean {
  try {
    return isFromParent(socket, engine)
  } catch {
    return false
  }
}

function refuse(socket: Socket, name: string): void {
  say(`The plugin ${name} refused a connection that is not from its engine`)
  socket.on('error', () => {})
  socket.destroy()
}

function implementation(spec: Omit<PluginSpec, 'resources'>, methods: Methods): UntypedServiceImplementation {
  const cancel = new AbortController()
  const all = { ...configuration(spec), ...methods(cancel.signal) }
  return {
    ...Object.fromEntries(Object.entries(all).map(([name, method]) => [name, unary(method)])),
    cancel: unary(async () => {
      cancel.abort()
      return new Empty()
    }),
  } as UntypedServiceImplementation
}

function configuration(spec: Omit<PluginSpec, 'resources'>): Record<string, Method> {
  return {
    handshake: async () => new pb.ProviderHandshakeResponse(),
    attach: async () => new Empty(),
    getPluginInfo: async () => {
      const info = new plugin.PluginInfo()
      info.setVersion(spec.version)
      return info
    },
    getSchema: async () => {
      const schema = new pb.GetSchemaResponse()
      schema.setSchema(JSON.stringify({ name: spec.name, version: spec.version }))
      return schema
    },
    checkConfig: async (request) => {
      const response = new pb.CheckResponse()
      response.setInputs(request.getNews())
      return response
    },
    diffConfig: async () => new pb.DiffResponse(),
    configure: async () => new pb.ConfigureResponse(),
  }
}

function lifecycle(spec: PluginSpec, signal: AbortSignal): Record<string, Method> {
  const handler = (request: Request): ResourceHandler => {
    const type = String(request.getUrn()).split('::')[2]?.split('$').pop() ?? ''
    const found = spec.resources[type]
    if (!found) throw new Error(`plugin ${spec.name} has no resource type ${type}; it has ${Object.keys(spec.resources).join(', ')}`)
    return found
  }
  const context = (request: Request): CreateContext => ({ urn: request.getUrn(), timeout: request.getTimeout(), signal })
  return {
    check: async (request) => {
      const news = fromStruct(request.getNews())
      const answer = (await handler(request).check?.(news, fromStruct(request.getOlds()))) ?? { inputs: news, failures: [] }
      const response = new pb.CheckResponse()
      response.setInputs(toStruct(answer.inputs))
      response.setFailuresList(
        answer.failures.map((failure) => {
          const message = new pb.CheckFailure()
          message.setProperty(failure.property)
          message.setReason(failure.reason)
          return message
        }),
      )
      return response
    },
    diff: async (request) => {
      const [olds, news] = [inputsOf(request), fromStruct(request.getNews())]
      const given = await handler(request).diff?.(request.getId(), { ...fromStruct(request.getOlds()), ...olds }, news)
      return diffResponse(given ?? replaceOnAnyChange(olds, news))
    },
    create: async (request) => {
      const inputs = fromStruct(request.getProperties())
      // In a preview, nothing is created. Outputs that only the creation can provide stay unknown.
      const { id, outputs } = request.getPreview() ? { id: '', outputs: inputs } : await handler(request).create(inputs, context(request))
      const response = new pb.CreateResponse()
      response.setId(id)
      response.setProperties(toStruct(outputs))
      return response
    },
    read: async (request) => {
      const state = fromStruct(request.getProperties())
      const { read: readResource } = handler(request)
      const found = readResource ? await readResource(request.getId(), state) : { outputs: state }
      const response = new pb.ReadResponse()
      if (!found) return response
      response.setId(request.getId())
      response.setProperties(toStruct(found.outputs))
      response.setInputs(request.getInputs())
      return response
    },
    update: async (request) => {
      const { update } = handler(request)
      if (!update) throw new Error(`${request.getUrn()} cannot be updated in place`)
      const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())]
      return updated(request.getPreview() ? news : await update(request.getId(), olds, news, context(request)))
    },
    delete: async (request) => {
      await handler(request).delete?.(request.getId(), fromStruct(request.getProperties()), context(request))
      return new Empty()
    },
  }
}

function updated(outputs: Properties): InstanceType<typeof pb.UpdateResponse> {
  const response = new pb.UpdateResponse()
  response.setProperties(toStruct(outputs))
  return response
}

function unary(method: Method) {
  return (call: ServerUnaryCall<Request, unknown>, callback: sendUnaryData<unknown>): void => {
    method(call.request).then(
      (response) => callback(null, response),
      (error: { readonly metadata?: Metadata }) =>
        callback({ code: grpc.status.UNKNOWN, details: renderFailure(error), metadata: error.metadata ?? new grpc.Metadata() }, null),
    )
  }
}

/** The message of an error, and its hint in a second line: gRPC has one text for both. The engine prints it unchanged. */
function renderFailure(error: unknown): string {
  const hint = error instanceof BakehouseError ? error.hint : undefined
  return withoutEffects(hint === undefined ? messageOf(error) : `${messageOf(error)}\nhint: ${hint}`)
}

function diffResponse(answer: DiffAnswer): InstanceType<typeof pb.DiffResponse> {
  const response = new pb.DiffResponse()
  const { DIFF_SOME, DIFF_NONE } = pb.DiffResponse.DiffChanges
  response.setChanges(answer.changed ? DIFF_SOME : DIFF_NONE)
  response.setReplacesList([...(answer.replaces ?? [])])
  response.setDeletebeforereplace(answer.deleteBeforeReplace ?? false)
  return response
}

function replaceOnAnyChange(olds: Properties, news: Properties): DiffAnswer {
  const changed = changedProperties(olds, news)
  return { changed: changed.length > 0, replaces: changed }
}

function inputsOf(request: Request): Properties {
  const inputs = fromStruct(request.getOldInputs?.())
  return Object.keys(inputs).length > 0 ? inputs : fromStruct(request.getOlds())
}

function endWithParent(): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0)
  }, 1000).unref()
}
