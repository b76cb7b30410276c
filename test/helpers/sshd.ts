import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findFreePort } from '../../src/cloud/local/qemu/port.ts'
import { onLines } from '../../src/core/lines.ts'
import { copyFolder } from './chroot.ts'

/** A real sshd in a copy of a folder, on a port of 127.0.0.1. */
export interface Sshd extends AsyncDisposable {
  readonly port: number
  /** Runs a line of shell as root beside sshd, and waits until it has ended. */
  run(line: string): Promise<void>
}

/** Starts sshd in a copy of a folder, after a line of shell that prepares it. `options`: as in sshd_config. */
export async function startSshd(folder: string, prepare: string, options: readonly string[] = []): Promise<Sshd> {
  const copy = copyFolder(folder)
  const port = await findFreePort()
  const words = ['ListenAddress=127.0.0.1', `Port=${port}`, 'UsePAM=no', 'StrictModes=no', ...options].map((option) => `-o ${option}`)
  // The shell is the first process of its namespace: when its input ends, it ends, and all others with it.
  const shell = spawn('sh', ['-c', `exec ${copy.command} /bin/sh -s`], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(shell, 'exit')
  const lines: string[] = []
  const waiting = new Map<string, () => void>()
  onLines(shell.stdout, (line) => {
    lines.push(line)
    waiting.get(line)?.()
  })
  let number = 0
  const run = async (line: string): Promise<void> => {
    const done = `done ${++number}`
    const answered = new Promise<void>((resolve) => waiting.set(done, resolve))
    shell.stdin.write(`{ ${line}\n} </dev/null >/dev/null 2>&1; echo '${done}'\n`)
    await Promise.race([answered, ended.then(() => Promise.reject(new Error(`the shell beside sshd ended: ${lines.join('\n')}`)))])
  }
  await run(`export PATH=/usr/sbin:/usr/bin:/sbin:/bin; mkdir -p /run/sshd; ssh-keygen -A; ${prepare}`)
  // sshd goes to the background first, then listens, then writes this file.
  await run(`/usr/sbin/sshd ${words.join(' ')} && until [ -s /run/sshd.pid ]; do sleep 0.1; done`)
  return {
    port,
    run,
    async [Symbol.asyncDispose]() {
      shell.stdin.end()
      await ended
      copy[Symbol.dispose]()
    },
  }
}
