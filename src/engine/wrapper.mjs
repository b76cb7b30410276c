// Runs the Pulumi CLI for the Automation API. A bake that is killed must leave no lock and no unfinished operation. So the CLI runs in
// a session of its own, outlives the bake, and gets exactly one signal to stop.
// Plain JavaScript without packages, because it starts with every run of the engine.
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmdirSync, unlinkSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const [cli, ...args] = process.argv.slice(2)
const cancelMs = Number(process.env.BAKEHOUSE_CANCEL_SECONDS || 300) * 1000
const parent = process.ppid
const output = openOutput()
// Before the CLI starts: a signal at that moment would end this process only.
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
    // Decided before reading: once the CLI has ended, all that it wrote is in the files.
    const last = ended !== undefined
    const moved = (await drain(output.files[0], 0, process.stdout)) + (await drain(output.files[1], 1, process.stderr))
    if (last) return
    if (process.ppid !== parent) cancel()
    idle = moved > 0 ? 0 : idle + 1
    // The end of the CLI interrupts the pause. Output may wait: emulated machines need the processor more.
    await pause(idle < 20 ? 20 : 200)
  }
}

/** Waits, at most until the CLI ends. */
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

/** A reader that has ended must not stop the wrapper, so errors count as written. */
function write(stream, chunk) {
  return new Promise((resolve) => stream.write(chunk, () => resolve()))
}

/** Two files without a name, in place of pipes: a CLI whose reader has ended can still write, and no file is left. */
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
