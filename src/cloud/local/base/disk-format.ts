import { open } from 'node:fs/promises'

/** The supported formats of base images. */
export type DiskFormat = 'raw' | 'qcow2'

/** Number of bytes that are enough to find the format: the header of a qcow2, the first sector of a raw disk. */
const headBytes = 512

/** Finds the format of a disk file, so that QEMU never guesses it. Throws an error with the reason if the disk must not be used. */
export async function readDiskFormat(path: string): Promise<DiskFormat> {
  await using file = await open(path, 'r')
  const head = Buffer.alloc(headBytes)
  const { bytesRead } = await file.read(head, 0, headBytes, 0)
  return parseDiskFormat(head.subarray(0, bytesRead))
}

/**
 * Finds the format of a disk from its first bytes. Throws an error for a disk that refers to other files, because files of this computer
 * would become part of the image: a qcow2 with a backing file, a VMDK, and others.
 */
function parseDiskFormat(head: Buffer): DiskFormat {
  if (head.toString('latin1', 0, 4) === 'QFI\xfb') return requireAlone(head)
  const other = others.find(([at, magic]) => head.toString('latin1', at, at + magic.length) === magic)
  if (other) throw new Error(`it is a ${other[2]} disk`)
  if (head.length < headBytes || head.readUInt16BE(510) !== 0x55aa) throw new Error('it has no partition table')
  return 'raw'
}

/** Signatures of other formats: offset, bytes, name. */
const others: readonly (readonly [number, string, string])[] = [
  [0, 'KDMV', 'VMDK'],
  [0, 'COWD', 'VMDK'],
  [0, '# Disk DescriptorFile', 'VMDK'],
  [0, 'vhdxfile', 'VHDX'],
  [0, 'conectix', 'VHD'],
  [0, 'QED\0', 'QED'],
  [0, 'LUKS', 'LUKS'],
  [64, '\x7f\x10\xda\xbe', 'VDI'],
]

/** Throws for a qcow2 that refers to other files. By its specification, byte 8 is the backing file, and a bit in byte 72 a data file. */
function requireAlone(head: Buffer): 'qcow2' {
  const version = head.length < 104 ? 0 : head.readUInt32BE(4)
  if (version !== 2 && version !== 3) throw new Error('it is a qcow2 disk of an unknown version')
  if (head.readBigUInt64BE(8) !== 0n) throw new Error('it is an overlay of another file')
  if (version === 3 && (head.readBigUInt64BE(72) & 4n) !== 0n) throw new Error('its data is in another file')
  return 'qcow2'
}
