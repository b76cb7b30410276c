import type { DiskBytes } from './nbd.ts'

/** A part of a disk, in bytes. */
export interface Partition {
  /** 0: the whole disk. */
  readonly number: number
  readonly offset: number
  readonly size: number
}

const sector = 512

/** The partitions of a disk (GPT or MBR); the whole disk where it has no table. */
export async function readPartitions(disk: DiskBytes): Promise<readonly Partition[]> {
  const start = await disk.read(0, Math.min(2 * sector, disk.size))
  const found = start.toString('latin1', sector, sector + 8) === 'EFI PART' ? await readGpt(disk, start.subarray(sector)) : readMbr(start)
  const whole = { number: 0, offset: 0, size: disk.size }
  return found.length === 0 ? [whole] : found.filter(({ offset, size }) => size > 0 && offset + size <= disk.size)
}

async function readGpt(disk: DiskBytes, header: Buffer): Promise<Partition[]> {
  const [count, length] = [Math.min(header.readUInt32LE(80), 256), header.readUInt32LE(84)]
  if (length < 128 || length > 4096) return []
  const entries = await disk.read(Number(header.readBigUInt64LE(72)) * sector, count * length)
  return Array.from({ length: count }, (_, index) => {
    const entry = entries.subarray(index * length)
    const [first, last] = [Number(entry.readBigUInt64LE(32)), Number(entry.readBigUInt64LE(40))]
    return { number: index + 1, offset: first * sector, size: first === 0 ? 0 : (last - first + 1) * sector }
  }).filter(({ size }) => size > 0)
}

/** The four entries of an MBR. A file system without a table has no such entries, or no signature. */
function readMbr(start: Buffer): Partition[] {
  if (start.length < sector || start.readUInt16LE(510) !== 0xaa55) return []
  return [0, 1, 2, 3]
    .map((index) => {
      const entry = start.subarray(446 + index * 16)
      return { number: index + 1, offset: entry.readUInt32LE(8) * sector, size: entry[4] === 0 ? 0 : entry.readUInt32LE(12) * sector }
    })
    .filter(({ size }) => size > 0)
}

const [boot, small] = [0x10040, 4096]

/** What a partition holds: `ext4`, or the name of what this program does not read; undefined for an empty one. */
export async function recogniseContent(disk: DiskBytes, { offset, size }: Partition): Promise<string | undefined> {
  const head = await disk.read(offset, Math.min(small, size))
  const at = (from: number, text: string): boolean => head.toString('latin1', from, from + text.length) === text
  if (head.length > 1082 && head.readUInt16LE(1080) === 0xef53) return 'ext4'
  if (at(0, 'XFSB')) return 'xfs'
  if (at(0, 'LUKS')) return 'LUKS'
  if (at(536, 'LVM2') || at(512, 'LABELONE')) return 'LVM'
  if (at(3, 'NTFS')) return 'NTFS'
  if (at(54, 'FAT') || at(82, 'FAT')) return 'FAT'
  if (size > boot + 8 && (await disk.read(offset + boot, 8)).toString('latin1') === '_BHRfS_M') return 'btrfs'
  return head.some((byte) => byte !== 0) ? 'unknown data' : undefined
}
