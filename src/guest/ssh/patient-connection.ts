import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

// A ProxyCommand: `patient-connection.ts <host> <port>`. QEMU accepts connections to a forwarded port even while the machine is
// down, and then they never work. So a connection on which no greeting arrives is closed, and a new one is opened.

/** How long the greeting may take, in ms; the factor for each new connection, as a busy machine greets slowly; the pause between two. */
const [patience, growth, pause] = [2_000, 1.5, 150]

const [host = '', port = ''] = process.argv.slice(2)
/** Bytes from ssh that came before the greeting: each new connection gets them again. */
const sent: Buffer[] = []
let socket: Socket | undefined
const remember = (chunk: Buffer): void => {
  sent.push(chunk)
  socket?.write(chunk)
}
process.stdin.on('data', remember)
process.stdin.once('end', () => process.exit(0))
process.stdout.on('error', () => process.exit(0))

for (let timeout = patience; ; timeout *= growth) {
  const greeted = await connectOnce(timeout)
  if (greeted) {
    relay(greeted)
    break
  }
  await sleep(pause)
}

/** A connection on which a greeting arrived in time, not yet read; undefined otherwise. */
function connectOnce(timeout: number): Promise<Socket | undefined> {
  const tried = connect(Number(port), host)
  // The socket keeps them until it is connected.
  for (const chunk of sent) tried.write(chunk)
  socket = tried
  return new Promise((resolve) => {
    const timer = setTimeout(() => giveUp(), timeout)
    const giveUp = (): void => {
      clearTimeout(timer)
      tried.destroy()
      resolve(undefined)
    }
    tried.on('error', giveUp)
    tried.once('close', giveUp)
    tried.once('readable', () => {
      // A connection that is closed in order is readable too, with nothing to read.
      if (tried.readableLength === 0) return giveUp()
      clearTimeout(timer)
      resolve(tried)
    })
  })
}

function relay(greeted: Socket): void {
  process.stdin.off('data', remember)
  process.stdin.pipe(greeted)
  greeted.pipe(process.stdout)
  greeted.once('close', () => process.exit(0))
}
