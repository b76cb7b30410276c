import { StringDecoder } from 'node:string_decoder'

/** Characters of one line; a longer one is passed on in pieces of this size. */
export const longestLine = 65_536

/** Calls `onLine` for each line of a stream, as it comes. Time is linear in the text, whatever its lines are. */
export function onLines(stream: NodeJS.ReadableStream | null | undefined, onLine: (line: string) => void): void {
  const splitter = createLineSplitter(onLine)
  const decoder = new StringDecoder('utf8')
  stream?.on('data', (chunk: Buffer | string) => splitter.push(typeof chunk === 'string' ? chunk : decoder.write(chunk)))
  stream?.on('end', () => splitter.end(decoder.end()))
}

interface LineSplitter {
  readonly push: (piece: string) => void
  /** The last piece; a last line without a line break counts as well. */
  readonly end: (piece?: string) => void
}

/** Cuts text that comes in pieces into lines, and lines that are too long into pieces. */
export function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  let rest = ''
  const push = (piece: string): void => {
    let from = 0
    for (;;) {
      const to = piece.indexOf('\n', from)
      const more = piece.slice(from, to < 0 ? undefined : to)
      rest += more
      while (rest.length > longestLine) {
        onLine(rest.slice(0, longestLine))
        rest = rest.slice(longestLine)
      }
      if (to < 0) return
      onLine(rest)
      rest = ''
      from = to + 1
    }
  }
  return {
    push,
    end(piece = '') {
      push(piece)
      if (rest) onLine(rest)
      rest = ''
    },
  }
}
