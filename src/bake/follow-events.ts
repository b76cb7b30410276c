import { open } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import type { BuildEvent } from '../model/events.ts'

/** Time between two reads of the file, in ms. Short enough for a person who watches the display. */
const interval = 100

/** Passes each event that steps append to a JSONL file to `tell`. Disposing reads the file once more, so that no event is lost. */
export function followEvents(file: string, tell: (event: BuildEvent) => void): AsyncDisposable {
  let position = 0
  // A read may end within a character.
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const readNew = async (): Promise<void> => {
    const bytes = await readFrom(file, position)
    position += bytes.length
    const lines = (rest + decoder.write(bytes)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line) tell(JSON.parse(line) as BuildEvent)
  }
  let last = Promise.resolve()
  const timer = setInterval(() => {
    last = last.then(readNew)
  }, interval)
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await last
      await readNew()
    },
  }
}

async function readFrom(path: string, position: number): Promise<Buffer> {
  try {
    await using file = await open(path)
    const size = (await file.stat()).size
    if (size <= position) return Buffer.alloc(0)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - position), 0, size - position, position)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
