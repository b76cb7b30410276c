/** QEMU writes the length of a frame (4 bytes) before each frame. */
const lengthBytes = 4
/** Maximum length of a frame, in bytes. A greater length means that the stream is corrupt. */
const longestFrame = 128 * 1024

/** Splits a stream from QEMU into frames, each with its length before it. Throws if the stream is corrupt. */
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

/** The frame in a piece from `splitFrames`, without the length. */
export function frameOf(piece: Buffer): Buffer {
  return piece.subarray(lengthBytes)
}
