import type { OfflineDisk, OfflineEntry, OfflineFiles } from '../../../model/offline-disk.ts'
import { type Ext4, isFile, isFolder, openExt4 } from './ext4.ts'
import { openDiskBytes } from './nbd.ts'
import { type Partition, readPartitions, recogniseContent } from './partitions.ts'

/** Files and folders of one disk. A guest could make a disk with more, which takes no end to read. */
const mostEntries = 3_000_000

/** Opens a qcow2 and lists all that its file systems hold. */
export async function openOfflineDisk(file: string, signal: AbortSignal): Promise<OfflineDisk> {
  const disk = await openDiskBytes(file, signal)
  const close = { [Symbol.asyncDispose]: () => disk[Symbol.asyncDispose]() }
  try {
    const [files, unread]: [OfflineFiles[], string[]] = [[], []]
    for (const partition of await readPartitions(disk)) {
      const content = await recogniseContent(disk, partition)
      const name = partition.number === 0 ? 'the disk' : `partition ${partition.number}`
      if (content === 'ext4') files.push(await listFiles(await openExt4(disk, partition), partition, signal))
      else if (content !== undefined && content !== 'FAT') unread.push(`${name} holds ${content}`)
    }
    return { files, unread, ...close }
  } catch (error) {
    await disk[Symbol.asyncDispose]()
    throw error
  }
}

async function listFiles(system: Ext4, { number }: Partition, signal: AbortSignal): Promise<OfflineFiles> {
  const entries = new Map<string, OfflineEntry & { readonly inode: number }>()
  const seen = new Set<number>()
  const folders: [path: string, inode: number][] = [['', 2]]
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    signal.throwIfAborted()
    const [path, inode] = folder
    // A folder in two places is no folder of a sound file system, and could be in itself.
    if (seen.has(inode)) continue
    seen.add(inode)
    for (const child of await readFolder(system, inode)) {
      const { mode, uid, size } = await system.readInode(child.inode)
      entries.set(`${path}/${child.name}`, { mode, uid, size, inode: child.inode })
      if (isFolder({ mode })) folders.push([`${path}/${child.name}`, child.inode])
      if (entries.size > mostEntries) throw new Error(`it has more than ${mostEntries} files`)
    }
  }
  return {
    partition: number,
    entries,
    async read(path, limit) {
      const entry = entries.get(path)
      return entry && isFile(entry) ? (await system.readContent(await system.readInode(entry.inode), limit)).toString('utf8') : undefined
    },
  }
}

/** The longest folder that is read: a million files have some 40 MB. */
const longestFolder = 256 * 1024 * 1024

async function readFolder(system: Ext4, number: number): Promise<{ name: string; inode: number }[]> {
  const inode = await system.readInode(number)
  return isFolder(inode) ? parseFolder(await system.readContent(inode, longestFolder)) : []
}

/** The names in a folder. The index of a big folder looks like unused entries. */
function parseFolder(content: Buffer): { name: string; inode: number }[] {
  const found: { name: string; inode: number }[] = []
  for (let at = 0; at + 8 <= content.length; ) {
    const [inode, length, nameLength] = [content.readUInt32LE(at), content.readUInt16LE(at + 4), content[at + 6] ?? 0]
    if (length < 8) throw new Error('a folder is damaged')
    const name = content.toString('utf8', at + 8, at + 8 + nameLength)
    if (inode !== 0 && name !== '.' && name !== '..' && nameLength > 0) found.push({ name, inode })
    at += length
  }
  return found
}
