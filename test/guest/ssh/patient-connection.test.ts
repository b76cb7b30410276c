import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'

const cleanUp: (() => void)[] = []
afterEach(() => {
  for (const each of cleanUp.splice(0)) each()
})

/** A port with a handler for each of its connections, in order. */
async function listen(...answers: readonly ((socket: Socket) => void)[]): Promise<{ port: number; count: () => number }> {
  let count = 0
  const server = createServer((socket) => {
    cleanUp.push(() => socket.destroy())
    socket.on('error', () => {})
    answers[Math.min(count++, answers.length - 1)]?.(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp.push(() => server.close())
  return { port: (server.address() as AddressInfo).port, count: () => count }
}

function connectTo(port: number) {
  const child = spawn(process.execPath, [
    join(import.meta.dirname, '../../../src/guest/ssh/patient-connection.ts'),
    '127.0.0.1',
    String(port),
  ])
  cleanUp.push(() => child.kill())
  return child
}

const echo = (socket: Socket): void => {
  socket.write('hello\n')
  socket.pipe(socket)
}

it('replaces a connection without a greeting by a new one, and sends the data again', async () => {
  const { port, count } = await listen(
    () => {},
    (socket) => socket.destroy(),
    // Closed normally, which is an end for the other side, and not an error.
    (socket) => socket.end(),
    echo,
  )
  const child = connectTo(port)
  child.stdin.write('SSH-2.0-me\n')
  let heard = ''
  child.stdout.on('data', (chunk: Buffer) => {
    heard += chunk
  })
  await expect.poll(() => heard).toBe('hello\nSSH-2.0-me\n')
  child.stdin.write('more\n')
  await expect.poll(() => heard).toBe('hello\nSSH-2.0-me\nmore\n')
  // On a busy computer, a greeting may be late. Then there are more connections.
  expect(count()).toBeGreaterThanOrEqual(4)
})

it('sends no data twice, even data from before the connection', async () => {
  const { port } = await listen(echo)
  const child = connectTo(port)
  let heard = ''
  child.stdout.on('data', (chunk: Buffer) => {
    heard += chunk
  })
  const words = Array.from({ length: 200 }, (_, index) => `word ${index}\n`)
  for (const word of words) {
    child.stdin.write(word)
    await new Promise((done) => setTimeout(done, 1))
  }
  await expect.poll(() => heard).toBe(`hello\n${words.join('')}`)
})

it('ends when the other side closes, after all of its data', async () => {
  const { port } = await listen((socket) => socket.end('x'.repeat(1_000_000)))
  const child = connectTo(port)
  let length = 0
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length
  })
  const [code] = await once(child, 'close')
  expect([code, length]).toEqual([0, 1_000_000])
})

it('ends when ssh ends, even without a greeting', async () => {
  const { port } = await listen(() => {})
  const child = connectTo(port)
  child.stdin.end()
  const [code] = await once(child, 'close')
  expect(code).toBe(0)
})
