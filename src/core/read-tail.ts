import { open } from 'node:fs/promises'

/** The last bytes of a file, up to a limit. The text of a longer file begins with a whole line, so that no word is cut in two. */
export async function readTail(path: string, most: number): Promise<Buffer> {
  await using file = await open(path, 'r')
  const { size } = await file.stat()
  const buffer = Buffer.alloc(Math.min(size, most))
  const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length)
  const bytes = buffer.subarray(0, bytesRead)
  return size <= most ? bytes : bytes.subarray(bytes.indexOf('\n') + 1)
}
