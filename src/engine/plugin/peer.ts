import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Socket } from 'node:net'

/**
 * Whether a loopback connection comes from the parent process, which is the engine. Without this check, every user of this computer could
 * connect to the port of the plugin and create or delete resources. Works on Linux; on other systems, all connections are accepted.
 */
export function isFromParent(socket: Socket, parent: number): boolean {
  if (process.platform !== 'linux') return true
  const { remotePort, localPort } = socket
  if (remotePort === undefined || localPort === undefined) return false
  const inode = findInode(readFileSync('/proc/net/tcp', 'utf8'), remotePort, localPort)
  return inode !== undefined && holdsSocket(parent, inode)
}

/** The inode of the socket at port `from` of a connection between two ports of 127.0.0.1. `table`: text of /proc/net/tcp, see proc(5). */
export function findInode(table: string, from: number, to: number): string | undefined {
  const [local, remote] = [from, to].map((port) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`)
  const fields = table.split('\n').map((line) => line.trim().split(/\s+/))
  return fields.find((line) => line[1] === local && line[2] === remote)?.[9]
}

function holdsSocket(pid: number, inode: string): boolean {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).some((name) => findLink(`${folder}/${name}`) === `socket:[${inode}]`)
}

/** The target of a link; undefined if the file was closed in the meantime. */
function findLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
