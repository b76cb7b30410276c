import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../../core/exec.ts'
import { plainEnvironment } from '../../../core/plain-environment.ts'
import { qemuTools } from '../qemu/tools.ts'

/** The bytes of a disk as its machine sees them. */
export interface DiskBytes {
  readonly size: number
  read(offset: number, length: number): Promise<Buffer>
}

/**
 * Opens a qcow2 read-only from outside, without root and without mounting it: `qemu-nbd` serves its bytes on a Unix socket that only this
 * user can reach. A disk that a machine uses can be read too.
 */
export async function openDiskBytes(file: string, signal: AbortSignal): Promise<DiskBytes & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'bakehouse-nbd-'))
  const address = join(folder, 'socket')
  const stop = new AbortController()
  const ended = run(join(dirname(qemuTools().img), 'qemu-nbd'), nbdArguments(file, address), {
    onlyEnv: plainEnvironment(),
    signal: AbortSignal.any([signal, stop.signal]),
  }).then(
    ({ exitCode, stderr }) => new Error(`qemu-nbd ended with exit code ${exitCode}: ${stderr.trim()}`),
    (cause: unknown) => new Error('qemu-nbd could not be started', { cause }),
  )
  const close = async (): Promise<void> => {
    stop.abort()
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const client = await openClient(await connectTo(address, ended))
    return {
      ...client,
      async [Symbol.asyncDispose]() {
        client.end()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Arguments of `qemu-nbd`, which ends after its first client. The format is never guessed. */
function nbdArguments(file: string, socket: string): string[] {
  return ['--read-only', '--format=qcow2', `--socket=${socket}`, file]
}

/** Connects to the socket. Its file exists a moment before `qemu-nbd` listens, so a refused connection is tried again. */
async function connectTo(address: string, ended: Promise<Error>): Promise<Socket> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const error = await Promise.race([ended, sleep(20)])
    if (error) throw error
    const socket = createConnection(address)
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    if (isOpen) return socket
    if (Date.now() > deadline) throw new Error('qemu-nbd does not answer')
  }
}

/** Numbers of the protocol: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md */
const magic = { hello: 0x4e42444d41474943n, option: 0x49484156454f5054n, reply: 0x3e889045565a9n, request: 0x25609513, answer: 0x67446698 }
const [optionGo, replyAck, replyInfo] = [7, 1, 3]

async function openClient(socket: Socket): Promise<DiskBytes & { end(): void }> {
  const take = createReader(socket)
  const size = await negotiate(socket, take)
  // One request after the other: the answers need no order.
  let last: Promise<unknown> = Promise.resolve()
  const read = async (offset: number, length: number): Promise<Buffer> => {
    if (offset < 0 || length < 0 || offset + length > size) throw new Error('the data ends after the end of the disk')
    const request = Buffer.alloc(28)
    request.writeUInt32BE(magic.request, 0)
    request.writeBigUInt64BE(BigInt(offset), 16)
    request.writeUInt32BE(length, 24)
    socket.write(request)
    const answer = await take(16)
    if (answer.readUInt32BE(0) !== magic.answer || answer.readUInt32BE(4) !== 0) throw new Error(`the disk cannot be read at ${offset}`)
    return take(length)
  }
  return {
    size,
    read(offset, length) {
      const next = last.then(() => read(offset, length))
      last = next.catch(() => {})
      return next
    },
    end: () => socket.destroy(),
  }
}

/** The handshake; the size of the disk in bytes. */
async function negotiate(socket: Socket, take: (length: number) => Promise<Buffer>): Promise<number> {
  const hello = await take(18)
  if (hello.readBigUInt64BE(0) !== magic.hello) throw new Error('expected an NBD server')
  const go = Buffer.alloc(4 + 16 + 6)
  // Fixed newstyle, no zeroes.
  go.writeUInt32BE(3, 0)
  go.writeBigUInt64BE(magic.option, 4)
  go.writeUInt32BE(optionGo, 12)
  go.writeUInt32BE(6, 16)
  socket.write(go)
  for (let size = 0; ; ) {
    const reply = await take(20)
    const [type, length] = [reply.readUInt32BE(12), reply.readUInt32BE(16)]
    if (reply.readBigUInt64BE(0) !== magic.reply || length > 65_536) throw new Error('expected a reply of the NBD server')
    const data = await take(length)
    if (type === replyAck) return size
    if (type === replyInfo && data.readUInt16BE(0) === 0) size = Number(data.readBigUInt64BE(2))
    else if (type !== replyInfo) throw new Error(`the NBD server refused: ${type}`)
  }
}

/** Takes exactly so many bytes from a socket. */
function createReader(socket: Socket): (length: number) => Promise<Buffer> {
  let readAgain = (): void => {}
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure ??= error
    readAgain()
  }
  socket.on('readable', () => readAgain())
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('qemu-nbd closed the connection')))
  return async (length) => {
    if (length === 0) return Buffer.alloc(0)
    for (;;) {
      const taken = socket.read(length) as Buffer | null
      if (taken?.length === length) return taken
      if (failure) throw failure
      await new Promise<void>((resolve) => {
        readAgain = resolve
      })
    }
  }
}
