import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

/** Maximum length of a line, in bytes: bufio.MaxScanTokenSize of Go. The official plugin stops reading at a longer line. */
const longestLine = 64 * 1024

/**
 * Collects standard output and standard error of a command. After a line of 64 KiB on a logged stream, it reads no more from both streams,
 * so a command that writes more blocks. The official plugin (v1.2.1) does the same.
 */
export function collectOutput(child: ChildProcess, logging: unknown = 'stdoutAndStderr'): { stdout: () => string; stderr: () => string } {
  const { stdout, stderr } = child
  const stopReading = (): void => {
    stdout?.pause()
    stderr?.pause()
  }
  const collect = (stream: Readable | null, isLogged: boolean): (() => string) => {
    const chunks: Buffer[] = []
    let lineLength = 0
    stream?.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      lineLength = measureLine(lineLength, chunk)
      if (isLogged && lineLength >= longestLine) stopReading()
    })
    return () => Buffer.concat(chunks).toString()
  }
  return {
    stdout: collect(stdout, logging === 'stdoutAndStderr' || logging === 'stdout'),
    stderr: collect(stderr, logging === 'stdoutAndStderr' || logging === 'stderr'),
  }
}

/** The length of the first line that reaches the limit, else the length of the last line so far; in bytes. `before`: its length before. */
function measureLine(before: number, chunk: Buffer): number {
  let length = before
  let from = 0
  for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
    length += end - from
    if (length >= longestLine) return length
    from = end + 1
    length = 0
  }
  return length + chunk.length - from
}
