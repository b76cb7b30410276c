import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

// A ProxyCommand: `patient-connection.ts <host> <port>`. A port that is forwarded into a machine takes connections even while the
// machine is down, and what is made then is lost on it. So a connection on which nobody greets is given up and made anew.

/** How long the other side may take to greet, in ms: at first, and how that grows, for a busy machine is slow and needs the time. */
const [patience, growth, pause] = [2_000, 1.5, 150]

const [host = '', port = ''] = process.argv.slice(2)
/** What ssh said before anybody listened: it is said again to whom comes next. */
const said: Buffer[] = []
let socket: Socket | undefined
const remember = (chunk: Buffer): void => {
  said.push(chunk)
  socket?.write(chunk)
}
process.stdin.on('data', remember)
process.stdin.once('end', () => process.exit(0))
process.stdout.on('error', () => process.exit(0))

for (let patient = patience; ; patient *= growth) {
  const greeted = await attempt(patient)
  if (greeted) {
    goOn(greeted)
    break
  }
  await sleep(pause)
}

/** The connection, when somebody greeted on it in time; what came has not been read. */
function attempt(patient: number): Promise<Socket | undefined> {
  const tried = connect(Number(port), host)
  // Kept until it is connected, as what comes meanwhile is.
  for (const chunk of said) tried.write(chunk)
  socket = tried
  return new Promise((resolve) => {
    const timer = setTimeout(() => giveUp(), patient)
    const giveUp = (): void => {
      clearTimeout(timer)
      tried.destroy()
      resolve(undefined)
    }
    tried.on('error', giveUp)
    tried.once('close', giveUp)
    tried.once('readable', () => {
      clearTimeout(timer)
      resolve(tried)
    })
  })
}

function goOn(greeted: Socket): void {
  process.stdin.off('data', remember)
  process.stdin.pipe(greeted)
  greeted.pipe(process.stdout)
  greeted.once('close', () => process.exit(0))
}
