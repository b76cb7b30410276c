import type { DiskBytes } from './nbd.ts'
import type { Partition } from './partitions.ts'

/** An inode: only what is needed to find and read files. */
export interface Inode {
  readonly mode: number
  readonly uid: number
  readonly size: number
  readonly flags: number
  /** The 60 bytes that say where its data is, or are its data. */
  readonly block: Buffer
}

/** A file system of the family ext2, ext3, ext4, opened for reading. A guest made it: every number in it is checked before it is used. */
export interface Ext4 {
  readInode(number: number): Promise<Inode>
  /** The content of a file, at most so many bytes. */
  readContent(inode: Inode, limit: number): Promise<Buffer>
}

const flag = { extents: 0x80000, inline: 0x10000000, encrypted: 0x800 }
const incompatible = { recover: 0x4, metaGroups: 0x10, journal: 0x8, wide: 0x80 }

/** Opens a file system. Throws if it is damaged, in use, or of a form that is not read. */
export async function openExt4(disk: DiskBytes, { offset, size }: Partition): Promise<Ext4> {
  const read = cached(disk, offset, size)
  const top = await read(1024, 1024)
  const features = top.readUInt32LE(96)
  const blockSize = 1024 << Math.min(top.readUInt32LE(24), 6)
  const [perGroup, inodeSize, count] = [top.readUInt32LE(40), top.readUInt16LE(88), top.readUInt32LE(0)]
  if (features & incompatible.recover) throw new Error('it was not unmounted: its journal has changes')
  if (features & (incompatible.metaGroups | incompatible.journal)) throw new Error('it has features that are not supported')
  if (perGroup === 0 || inodeSize < 128 || inodeSize > blockSize) throw new Error('its superblock is damaged')
  const descriptorSize = features & incompatible.wide ? Math.max(64, top.readUInt16LE(254)) : 32
  const descriptors = (top.readUInt32LE(20) + 1) * blockSize

  async function readInode(number: number): Promise<Inode> {
    if (number < 1 || number > count) throw new Error(`inode ${number} does not exist`)
    const group = Math.floor((number - 1) / perGroup)
    const descriptor = await read(descriptors + group * descriptorSize, descriptorSize)
    const table = descriptor.readUInt32LE(8) + (descriptorSize >= 64 ? descriptor.readUInt32LE(40) * 2 ** 32 : 0)
    return parseInode(await read(table * blockSize + ((number - 1) % perGroup) * inodeSize, 128))
  }

  async function readContent(inode: Inode, limit: number): Promise<Buffer> {
    const length = Math.min(inode.size, limit)
    if (inode.flags & flag.encrypted) throw new Error('it has encrypted files')
    // A short link, or a file inside its inode.
    if ((isLink(inode) && inode.size < 60 && !(inode.flags & flag.extents)) || inode.flags & flag.inline)
      return inode.block.subarray(0, length)
    const content = Buffer.alloc(length)
    for await (const { at, from, blocks } of inode.flags & flag.extents ? extents(inode.block, 0) : mapped(inode.block)) {
      const start = at * blockSize
      if (start >= length) continue
      ;(await read(from * blockSize, Math.min(blocks * blockSize, length - start))).copy(content, start)
    }
    return content
  }

  /** Runs of blocks, from a tree of extents. */
  async function* extents(node: Buffer, depth: number): AsyncGenerator<Run> {
    if (node.readUInt16LE(0) !== 0xf30a || depth > 5) throw new Error('an extent tree is damaged')
    const entries = Math.min(node.readUInt16LE(2), Math.floor((node.length - 12) / 12))
    for (let index = 0; index < entries; index++) {
      const entry = node.subarray(12 + index * 12, 24 + index * 12)
      if (node.readUInt16LE(6) > 0) {
        const child = entry.readUInt32LE(4) + entry.readUInt16LE(8) * 2 ** 32
        yield* extents(await read(child * blockSize, blockSize), depth + 1)
        continue
      }
      const blocks = entry.readUInt16LE(4)
      // More than 32768: reserved and not written, so zeroes.
      if (blocks > 32_768) continue
      yield { at: entry.readUInt32LE(0), from: entry.readUInt32LE(8) + entry.readUInt16LE(6) * 2 ** 32, blocks }
    }
  }

  /** Runs of one block, from the list of ext2 and ext3: twelve blocks, then lists of one, two and three levels. */
  async function* mapped(block: Buffer): AsyncGenerator<Run> {
    const place = { at: 0 }
    for (let index = 0; index < 15; index++) yield* listed(block.readUInt32LE(index * 4), Math.max(0, index - 11), place)
  }

  async function* listed(from: number, level: number, place: { at: number }): AsyncGenerator<Run> {
    if (from === 0) place.at += (blockSize / 4) ** level
    else if (level === 0) yield { at: place.at++, from, blocks: 1 }
    else {
      const list = await read(from * blockSize, blockSize)
      for (let index = 0; index < blockSize / 4; index++) yield* listed(list.readUInt32LE(index * 4), level - 1, place)
    }
  }

  return { readInode, readContent }
}

interface Run {
  /** The number of the first block in the file. */
  readonly at: number
  /** The number of the first block in the file system. */
  readonly from: number
  readonly blocks: number
}

export const isFolder = ({ mode }: Pick<Inode, 'mode'>): boolean => (mode & 0xf000) === 0x4000
export const isFile = ({ mode }: Pick<Inode, 'mode'>): boolean => (mode & 0xf000) === 0x8000
const isLink = ({ mode }: Pick<Inode, 'mode'>): boolean => (mode & 0xf000) === 0xa000

function parseInode(bytes: Buffer): Inode {
  return {
    mode: bytes.readUInt16LE(0),
    uid: bytes.readUInt16LE(2) + bytes.readUInt16LE(120) * 65_536,
    size: bytes.readUInt32LE(4) + bytes.readUInt32LE(108) * 2 ** 32,
    flags: bytes.readUInt32LE(32),
    block: bytes.subarray(40, 100),
  }
}

const piece = 65_536
/** Pieces that are kept: 32 MiB. */
const kept = 512

/** Reads a part of the disk in pieces and keeps the last ones, as inodes and folders lie close together. */
function cached(disk: DiskBytes, offset: number, size: number): (at: number, length: number) => Promise<Buffer> {
  const pieces = new Map<number, Promise<Buffer>>()
  const readPiece = (index: number): Promise<Buffer> => {
    const known = pieces.get(index) ?? disk.read(offset + index * piece, Math.min(piece, size - index * piece))
    pieces.delete(index)
    pieces.set(index, known)
    const oldest = pieces.keys().next().value
    if (pieces.size > kept && oldest !== undefined) pieces.delete(oldest)
    return known
  }
  return async (at, length) => {
    if (at < 0 || length < 0 || at + length > size) throw new Error('it refers to a block after its end')
    const [first, last] = [Math.floor(at / piece), Math.floor(Math.max(at, at + length - 1) / piece)]
    const parts: Buffer[] = []
    for (let index = first; index <= last; index++) parts.push(await readPiece(index))
    const all = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
    return all.subarray(at - first * piece, at - first * piece + length)
  }
}
