import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

// A ProxyCommand: `patient-connection.ts <host> <port>`. QEMU accepts connections to a forwarded port even while the machine is down;
// such connections never work. So this program closes a connection on which no greeting of sshd arrives, and opens a new one.

/** Maximum time until the greeting, in ms; the factor by which it grows for each new connection; the pause between connections, in ms. */
const [patience, growth, pause] = [2_000, 1.5, 150]

const [host = '', port = ''] = process.argv.slice(2)
/** Bytes that ssh sent before the greeting. They are sent again on each new connection. */
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

/** Opens a connection. Returns it if a greeting arrives in time (not read yet), else undefined. */
function connectOnce(timeout: number): Promise<Socket | undefined> {
  const tried = connect(Number(port), host)
  // The socket buffers them until it is connected.
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
      // A closed connection also becomes readable, but without data.
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
  // Writes to a pipe are asynchronous: without this, ssh would lose the last bytes.
  greeted.once('close', () => process.stdout.write('', () => process.exit(0)))
}
