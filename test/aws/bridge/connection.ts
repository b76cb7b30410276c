import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { loadSync } from '@grpc/proto-loader'

const grpc: typeof import('@grpc/grpc-js') = createRequire(import.meta.url)('@grpc/grpc-js')

// biome-ignore lint/suspicious/noExplicitAny: messages have the fields of tfplugin5.proto
type Message = any

/** A running provider program. */
export interface Connection {
  /** Calls a method of tfplugin5.proto. Diagnostics are part of the answer. */
  call(method: string, request: object): Promise<Message>
}

const definition = loadSync(join(import.meta.dirname, 'tfplugin5.proto'), { longs: Number, defaults: true, arrays: true, objects: true })
const { tfplugin5 } = grpc.loadPackageDefinition(definition) as Message

/** The environment that tells the program to serve protocol 5, without TLS. Without it, the program prints a text for users and ends. */
const handshake = {
  TF_PLUGIN_MAGIC_COOKIE: 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2',
  PLUGIN_PROTOCOL_VERSIONS: '5',
}

/** Ends the program when the standard input is closed: also when this process is killed. */
const keeper = 'exec 3<&0; "$0" 3<&- & program=$!; { cat <&3 >/dev/null; kill -9 "$program"; } 2>/dev/null & wait "$program"'

/** Starts the program. It ends when this process ends. */
export async function connect(program: string): Promise<Connection> {
  const child = spawn('sh', ['-c', keeper, program], { env: { ...process.env, ...handshake }, stdio: ['pipe', 'pipe', 'ignore'] })
  const [, , network, address] = (await readHandshake(child, program)).split('|')
  const target = network === 'unix' ? `unix:${address}` : String(address)
  const client = new tfplugin5.Provider(target, grpc.credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 })
  return {
    call: (method, request) =>
      new Promise((resolve, reject) => {
        client[method](request, (error: Error | null, answer: Message) => (error ? reject(error) : resolve(answer)))
      }),
  }
}

/** The line that a provider prints when it is ready: `core version|protocol|network|address|grpc|certificate`. */
function readHandshake(child: ChildProcess, program: string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${program} ended with exit code ${code} before it was ready`)))
    createInterface({ input: child.stdout! }).once('line', resolve)
  })
}

/** A schema from its bytes. */
export function decodeSchema(bytes: Buffer): Message {
  return tfplugin5.Codec.service.Decode.requestDeserialize(bytes)
}
