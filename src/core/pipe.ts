import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** A shell command's standard input and output as one stream, and the last line that it complained with. */
export interface Pipe {
  readonly stream: Duplex
  /** Waits for the end of the complaint, for a second at most. */
  readonly said: () => Promise<string>
}

/** Milliseconds that the end of a command's complaint is waited for. */
const longestComplaint = 1_000

/** Opens a pipe through a command, such as a ProxyCommand; the command ends when the stream is closed. The stream has no errors: it closes. */
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
      // What the command itself started may hold them still.
      for (const each of [stdin, stdout]) each.destroy()
      // What it says of its end comes after the end, and holds nobody up.
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
      return complaint.trim().split('\n').at(-1) ?? ''
    },
  }
}
