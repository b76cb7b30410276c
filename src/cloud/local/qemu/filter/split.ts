/** QEMU writes each frame after its length. */
const lengthBytes = 4
/** No frame of a guest is longer; more means that the stream is not what it should be. */
const longestFrame = 128 * 1024

/** Takes the stream apart that QEMU writes frames to. Throws when it is none. */
export function splitFrames(): (chunk: Buffer) => Buffer[] {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const frames: Buffer[] = []
    let at = 0
    while (bytes.length - at >= lengthBytes) {
      const length = bytes.readUInt32BE(at)
      if (length > longestFrame) throw new Error(`a frame of ${length} bytes`)
      if (bytes.length - at < lengthBytes + length) break
      frames.push(bytes.subarray(at, at + lengthBytes + length))
      at += lengthBytes + length
    }
    rest = bytes.subarray(at)
    return frames
  }
}

/** The frame itself, of a piece that `splitFrames` gave. */
export function frameOf(piece: Buffer): Buffer {
  return piece.subarray(lengthBytes)
}
