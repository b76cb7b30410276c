import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { runTool } from '../../src/core/exec.ts'
import { sourceFolder } from '../../src/core/paths.ts'

const require = createRequire(import.meta.url)
const grpc: typeof import('@grpc/grpc-js') = require('@grpc/grpc-js')
const { Empty } = require('google-protobuf/google/protobuf/empty_pb.js')

interface Server extends AsyncDisposable {
  readonly url: string
  /** The requests that the server got. */
  readonly requests: string[]
  /** Sends a request from another process, which prepares its environment like the program. */
  call(environment: Record<string, string>): Promise<string>
}

/** A server on 127.0.0.1. `proxy`: for requests to other hosts. */
export async function startLoopbackServer(kind: 'gRPC' | 'fetch' | 'proxy'): Promise<Server> {
  const requests: string[] = []
  const { port, close } = kind === 'gRPC' ? await serveGrpc() : await serveHttp(requests)
  const url = `http://127.0.0.1:${port}`
  const call = (environment: Record<string, string>): Promise<string> =>
    runTool(process.execPath, ['--input-type=module', '-e', caller(kind, kind === 'proxy' ? 'http://images.example/base.qcow2' : url)], {
      cwd: join(sourceFolder(), '..'),
      env: environment,
      timeoutMs: 110_000,
    })
  return { url, requests, call, [Symbol.asyncDispose]: close }
}

function caller(kind: 'gRPC' | 'fetch' | 'proxy', url: string): string {
  const prepare = `import { prepareProcess } from ${JSON.stringify(join(sourceFolder(), 'core/prepare-process.ts'))}; prepareProcess();`
  if (kind !== 'gRPC')
    return `${prepare} process.stdout.write(await fetch(${JSON.stringify(url)}).then((answer) => answer.text(), (error) => error.message))`
  return `${prepare}
    import { createRequire } from 'node:module'
    const require = createRequire(${JSON.stringify(import.meta.url)})
    const grpc = require('@grpc/grpc-js')
    const { Empty } = require('google-protobuf/google/protobuf/empty_pb.js')
    const client = new grpc.Client(${JSON.stringify(url.replace('http://', ''))}, grpc.credentials.createInsecure())
    client.makeUnaryRequest('/test/call', () => Buffer.alloc(0), () => 'answered', new Empty(), { deadline: Date.now() + 100_000 }, (error, answer) => {
      process.stdout.write(error ? error.message : answer)
      client.close()
    })`
}

async function serveHttp(requests: string[]): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    response.end('answered')
  })
  // A client requests a tunnel from a proxy.
  server.on('connect', (request, socket) => {
    requests.push(request.url ?? '')
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function serveGrpc(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = new grpc.Server()
  const method = { path: '/test/call', requestStream: false, responseStream: false } as const
  const [serialize, deserialize] = [() => Buffer.alloc(0), () => new Empty()]
  const definition = {
    ...method,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  }
  server.addService(
    { call: definition },
    { call: (_call: unknown, answer: (error: null, value: unknown) => void) => answer(null, new Empty()) },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)))
  })
  return { port, close: async () => server.forceShutdown() }
}
