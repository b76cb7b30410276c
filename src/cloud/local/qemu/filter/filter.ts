import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { address, isAllowed } from './frame.ts'
import { limitLogs } from './limit-log.ts'
import { frameOf, splitFrames } from './split.ts'

// The program `filter.ts FROM-GUEST TO-NETWORK open|closed BYTES LOG…`: reads the packets of a guest from one socket of its QEMU, and writes
// the allowed ones to the other socket. QEMU drops all packets while no filter is connected. It also limits the logs of the machine to this
// number of bytes. The program ends when QEMU ends.

/** Maximum time until QEMU opens its sockets, in ms. */
const startDeadline = 60_000
/** Time between two reads of the addresses of this computer, in ms. */
const refreshEvery = 5_000

const [fromGuest = '', toNetwork = '', mode, most, ...logs] = process.argv.slice(2)
limitLogs(logs, Number(most))
const network = mode === 'open'
const [source, target] = [await waitForSocket(fromGuest), await waitForSocket(toNetwork)]
let [own, readAt] = [ownAddresses(), Date.now()]
const split = splitFrames()

for (const socket of [source, target]) {
  socket.on('error', () => process.exit(0))
  socket.on('close', () => process.exit(0))
}
target.on('drain', () => source.resume())
source.on('data', (chunk: Buffer) => {
  if (Date.now() - readAt > refreshEvery) [own, readAt] = [ownAddresses(), Date.now()]
  const allowed = split(chunk).filter((piece) => isAllowed(frameOf(piece), { network, own }))
  if (allowed.length > 0 && !target.write(Buffer.concat(allowed))) source.pause()
})

async function waitForSocket(path: string): Promise<Socket> {
  for (const deadline = Date.now() + startDeadline; Date.now() < deadline; await sleep(20)) {
    const socket = await tryConnect(path)
    if (socket) return socket
  }
  process.exit(1)
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const fail = (): void => resolve(undefined)
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

/** The IPv4 addresses of this computer. Services that listen on all addresses can be reached at each of them. */
function ownAddresses(): ReadonlySet<number> {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return new Set(all.filter(({ family }) => family === 'IPv4').map((each) => address(each.address)))
}
