import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Socket } from 'node:net'

/**
 * Whether the other end of a loopback connection is a socket of our parent process, which is the engine. Anybody on this computer can
 * connect to a port, and a plugin does what it is asked to. Only Linux can tell; elsewhere every peer is taken.
 */
export function isFromParent(socket: Socket, parent: number): boolean {
  if (process.platform !== 'linux') return true
  const { remotePort, localPort } = socket
  if (remotePort === undefined || localPort === undefined) return false
  const inode = findInode(readFileSync('/proc/net/tcp', 'utf8'), remotePort, localPort)
  return inode !== undefined && holdsSocket(parent, inode)
}

/** The inode of the connection between two ports of 127.0.0.1, seen from the first; `table` is as proc(5) describes /proc/net/tcp. */
export function findInode(table: string, from: number, to: number): string | undefined {
  const [local, remote] = [from, to].map((port) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`)
  const fields = table.split('\n').map((line) => line.trim().split(/\s+/))
  return fields.find((line) => line[1] === local && line[2] === remote)?.[9]
}

function holdsSocket(pid: number, inode: string): boolean {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).some((name) => findLink(`${folder}/${name}`) === `socket:[${inode}]`)
}

/** Files are closed while we look. */
function findLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
