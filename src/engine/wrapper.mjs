// Runs the Pulumi CLI for the Automation API. A killed build must leave no lock and no unfinished operation. So the CLI runs in its own
// session, continues after the build has ended, and gets exactly one signal to stop.
// Plain JavaScript without packages, because it starts with every run of the engine.
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmdirSync, unlinkSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const [cli, ...args] = process.argv.slice(2)
const cancelMs = Number(process.env.BAKEHOUSE_CANCEL_SECONDS || 300) * 1000
const parent = process.ppid
const output = openOutput()
// Registered before the CLI starts. Otherwise a signal at that moment would end only this process, and the CLI would go on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, cancel)
const child = spawn(cli, args, {
  detached: true,
  stdio: ['ignore', output.files[0], output.files[1]],
  env: { ...process.env, PATH: `${dirname(cli)}${delimiter}${process.env.PATH ?? ''}` },
})

let cancelled = false
let ended
let idle = 0

for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
child.on('error', (error) => {
  process.stderr.write(`The Pulumi CLI could not be started: ${error.message}\n`)
  ended = { code: 127 }
})
child.on('exit', (code, signal) => {
  ended = { code: code ?? 128 + (constants.signals[signal] ?? 0) }
})
await follow()
process.exit(ended.code)

function cancel() {
  if (cancelled || ended) return
  cancelled = true
  child.kill('SIGINT')
  setTimeout(() => child.kill('SIGKILL'), cancelMs).unref()
}

async function follow() {
  while (true) {
    // Check before reading: if the CLI has ended, its whole output is in the files.
    const last = ended !== undefined
    const moved = (await drain(output.files[0], 0, process.stdout)) + (await drain(output.files[1], 1, process.stderr))
    if (last) return
    if (process.ppid !== parent) cancel()
    idle = moved > 0 ? 0 : idle + 1
    // The end of the CLI interrupts the pause. Reading output can wait, because emulated machines need the CPU.
    await pause(idle < 20 ? 20 : 200)
  }
}

/** Waits this number of milliseconds, or until the CLI ends. */
function pause(ms) {
  if (ended) return
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    child.once('exit', done)
    function done() {
      clearTimeout(timer)
      child.off('exit', done)
      resolve()
    }
  })
}

async function drain(file, index, stream) {
  const buffer = Buffer.alloc(65536)
  let moved = 0
  for (;;) {
    const length = readSync(file, buffer, 0, buffer.length, output.read[index])
    if (length === 0) return moved
    output.read[index] += length
    moved += length
    await write(stream, Buffer.from(buffer.subarray(0, length)))
  }
}

/** Writes a chunk. Errors are ignored: if the reader has ended, the wrapper must go on. */
function write(stream, chunk) {
  return new Promise((resolve) => stream.write(chunk, () => resolve()))
}

/** Opens two files and unlinks them. Unlike with pipes, the CLI can write to them after its reader has ended; and no file is left. */
function openOutput() {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-cli-'))
  const files = ['stdout', 'stderr'].map((name) => {
    const path = join(folder, name)
    const file = openSync(path, 'ax+', 0o600)
    unlinkSync(path)
    return file
  })
  rmdirSync(folder)
  process.on('exit', () => files.map((file) => closeSync(file)))
  return { files, read: [0, 0] }
}
