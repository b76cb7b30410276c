import { StringDecoder } from 'node:string_decoder'

/** Maximum length of a line. A longer line is split into pieces of this length. */
export const longestLine = 65_536

/** Calls `onLine` for each line of a stream, immediately. The time is linear in the length of the text. */
export function onLines(stream: NodeJS.ReadableStream | null | undefined, onLine: (line: string) => void): void {
  const splitter = createLineSplitter(onLine)
  const decoder = new StringDecoder('utf8')
  stream?.on('data', (chunk: Buffer | string) => splitter.push(typeof chunk === 'string' ? chunk : decoder.write(chunk)))
  stream?.on('end', () => splitter.end(decoder.end()))
}

interface LineSplitter {
  readonly push: (piece: string) => void
  /** Ends the text. A last line without a line break counts too. */
  readonly end: (piece?: string) => void
}

/** Splits text that arrives in pieces into lines, and lines that are too long into pieces. */
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
