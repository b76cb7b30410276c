// Stands between the Automation API and the real Pulumi CLI: a bake that is killed must leave neither a lock nor an
// unfinished operation, so the CLI outlives it and is asked, exactly once, to stop in good order.
// Plain JavaScript without packages: it starts with every command of the engine.
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmdirSync, unlinkSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const [cli, ...args] = process.argv.slice(2)
const cancelMs = Number(process.env.BAKEHOUSE_CANCEL_SECONDS || 300) * 1000
const parent = process.ppid
const output = openOutput()
const child = spawn(cli, args, {
  detached: true,
  stdio: ['ignore', output.files[0], output.files[1]],
  env: { ...process.env, PATH: `${dirname(cli)}${delimiter}${process.env.PATH ?? ''}` },
})

let cancelled = false
let ended
let idle = 0

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, cancel)
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
    // Read after the end was seen: what the CLI wrote last is in the files by then.
    const last = ended !== undefined
    const moved = (await drain(output.files[0], 0, process.stdout)) + (await drain(output.files[1], 1, process.stderr))
    if (last) return
    if (process.ppid !== parent) cancel()
    idle = moved > 0 ? 0 : idle + 1
    // The end wakes it at once; what is written meanwhile may wait, for emulated guests need the processor more.
    await pause(idle < 20 ? 20 : 200)
  }
}

/** Sleeps, but not past the end of the CLI. */
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

/** A reader that is gone must not keep the CLI from being looked after. */
function write(stream, chunk) {
  return new Promise((resolve) => stream.write(chunk, () => resolve()))
}

/** Two files without a name: the CLI never meets a closed pipe, and nothing is left behind. */
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
