import { open } from 'node:fs/promises'

/** The formats in which a base image may come. */
export type DiskFormat = 'raw' | 'qcow2'

/** Bytes of a disk that show its format: the header of a qcow2, the first sector of a raw disk. */
const headBytes = 512

/** The format of a disk by its first bytes, so that QEMU never guesses one. Throws Error with the reason when the disk may not be used. */
export async function readDiskFormat(path: string): Promise<DiskFormat> {
  await using file = await open(path, 'r')
  const head = Buffer.alloc(headBytes)
  const { bytesRead } = await file.read(head, 0, headBytes, 0)
  return parseDiskFormat(head.subarray(0, bytesRead))
}

/**
 * The format of a disk by its first bytes. A qcow2 may name other files of this computer, which would then be part of the image; so may
 * a VMDK and others. Throws Error for each of them.
 */
export function parseDiskFormat(head: Buffer): DiskFormat {
  if (head.toString('latin1', 0, 4) === 'QFI\xfb') return requireAlone(head)
  const other = others.find(([at, magic]) => head.toString('latin1', at, at + magic.length) === magic)
  if (other) throw new Error(`it is a ${other[2]} disk`)
  if (head.length < headBytes || head.readUInt16BE(510) !== 0x55aa) throw new Error('it has no partition table, so it is no disk')
  return 'raw'
}

/** Where other formats have which bytes. */
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

/** The qcow2 specification: the backing file's offset is at byte 8, the bit of an external data file in the word at byte 72. */
function requireAlone(head: Buffer): 'qcow2' {
  const version = head.length < 104 ? 0 : head.readUInt32BE(4)
  if (version !== 2 && version !== 3) throw new Error('it is a qcow2 disk of an unknown version')
  if (head.readBigUInt64BE(8) !== 0n) throw new Error('it stands on another file')
  if (version === 3 && (head.readBigUInt64BE(72) & 4n) !== 0n) throw new Error('its data are in another file')
  return 'qcow2'
}
