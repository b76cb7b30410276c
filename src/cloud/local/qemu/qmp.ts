import { createConnection, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** A connection to QEMU's control socket (QMP) of one machine. */
export interface Qmp extends Disposable {
  /** Runs a command. Throws with the message of QEMU if it fails, and after the time-out. */
  execute(command: string, args?: Record<string, unknown>, timeoutMs?: number): Promise<unknown>
}

interface Reply {
  readonly id?: number
  readonly return?: unknown
  readonly error?: { readonly desc: string }
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** Connects and negotiates capabilities. Throws if QEMU does not listen. */
export async function connectQmp(socketPath: string): Promise<Qmp> {
  const socket = createConnection(socketPath)
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  const failAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  await connected(socket)
  socket.on('error', failAll)
  socket.on('close', () => failAll(new Error('the machine closed its control connection')))
  const lines = createInterface({ input: socket })
  lines.on('line', (line) => settle(JSON.parse(line) as Reply, waiting))
  // The line reader emits errors of the socket again. They are handled at the socket.
  lines.on('error', () => {})

  const execute: Qmp['execute'] = (command, args = {}, timeoutMs = 30_000) => {
    const id = ++lastId
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id)
        reject(new Error(`the machine did not answer ${command} within ${timeoutMs} ms`))
      }, timeoutMs)
      const ending =
        <T>(end: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer)
          end(value)
        }
      waiting.set(id, { resolve: ending(resolve), reject: ending(reject) })
      socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`)
    })
  }
  await execute('qmp_capabilities')
  return { execute, [Symbol.dispose]: () => socket.destroy() }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
}

/** Resolves the command that the reply belongs to. Greetings and events have no ID and are ignored. */
function settle(reply: Reply, waiting: Map<number, Waiting>): void {
  if (reply.id === undefined) return
  const who = waiting.get(reply.id)
  waiting.delete(reply.id)
  if (reply.error) who?.reject(new Error(reply.error.desc))
  else who?.resolve(reply.return)
}

/** Runs a line in QEMU's human monitor, for actions without a QMP command. Returns its output. Throws if the output is an error. */
export async function executeMonitor(qmp: Qmp, line: string, timeoutMs = 120_000): Promise<string> {
  const answer = String(await qmp.execute('human-monitor-command', { 'command-line': line }, timeoutMs)).trim()
  if (/^error:/i.test(answer)) throw new Error(`${line}: ${answer}`)
  return answer
}
