import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { reasonLine } from './reason-line.ts'

/** Standard input and output of a shell command as one stream, and the last line of its standard error. */
export interface Pipe {
  readonly stream: Duplex
  /** The last line of standard error. Waits for its end for at most one second. */
  readonly said: () => Promise<string>
}

/** How long to wait for the end of standard error, in ms. */
const longestComplaint = 1_000

/** Opens a pipe through a command, such as a ProxyCommand. Closing the stream ends the command. On an error, the stream closes. */
export function openPipe(command: string): Pipe {
  const child = spawn('sh', ['-c', `exec ${command}`], { stdio: ['pipe', 'pipe', 'pipe'] })
  const { stdin, stdout, stderr } = child
  let complaint = ''
  stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk}`.slice(-2_000)
  })
  const stream = new Duplex({
    read: () => void stdout.resume(),
    write: (chunk: Buffer, _encoding, done) => void stdin.write(chunk, () => done()),
    final: (done) => void stdin.end(() => done()),
    destroy(_error, done) {
      child.kill()
      // A child process of the command may still have the streams open.
      for (const each of [stdin, stdout]) each.destroy()
      // Standard error may end after the command. Do not delay the close for it.
      if ('unref' in stderr && typeof stderr.unref === 'function') stderr.unref()
      child.unref()
      done(null)
    },
  })
  stdout.on('data', (chunk: Buffer) => void (stream.push(chunk) || stdout.pause()))
  stdout.once('end', () => stream.push(null))
  for (const each of [stdin, stdout, stderr]) each.on('error', () => {})
  child.once('error', () => stream.destroy())
  const ended = new Promise<void>((done) => void stderr.once('close', done))
  return {
    stream,
    async said() {
      await Promise.race([ended, sleep(longestComplaint, undefined, { ref: false })])
      return reasonLine(complaint)
    },
  }
}
