// Every script of package.json starts here: node setup.mjs [--tools | --checks | --again] [PROGRAM ARGUMENT…]
// It installs the packages, finds a Node that runs TypeScript, installs the tools if an option asks for that, and runs the program.
// Plain JavaScript, because no package is installed when it runs for the first time. It is not a `pre…` script of package.json, because
// npm does not run those with `ignore-scripts`.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { failure } from './src/setup/launch/failure.mjs'
import { withLock } from './src/setup/launch/lock.mjs'
import { findNode, nodeEnvironment, oldestNode } from './src/setup/launch/node.mjs'
import { installPackages, packagesMatch } from './src/setup/launch/packages.mjs'

const root = fileURLToPath(new URL('.', import.meta.url))
const home = process.env.BAKEHOUSE_HOME || join(root, '.bakehouse')
const pinned = join(root, 'node_modules', '.bin', 'node')
const words = process.argv.slice(2)
const first = words.findIndex((word) => !word.startsWith('-'))
const [options, [program, ...args]] = first < 0 ? [words, []] : [words.slice(0, first), words.slice(first)]
const asksForHelp = words.some((word) => word === '--help' || word === '-h')

try {
  await start()
} catch (error) {
  if (error.exitCode === undefined) throw error
  const { message, hint, exitCode } = error
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify({ error: { message, hint, exitCode } }, undefined, 2)}\n`)
  process.stderr.write(`error: ${message}\n${hint ? `hint: ${hint}\n` : ''}`)
  process.exitCode = exitCode
}

async function start() {
  if (program === undefined && asksForHelp) return printHelp()
  if (process.platform === 'win32') throw failure('Bakehouse does not run on Windows itself', 3, 'use WSL 2 with Debian')
  if (!packagesMatch(root)) await withLock(home, async () => packagesMatch(root) || installPackages(root, home))
  const node = findNode(pinned)
  if (!node) throw noNode()
  // A program prints its help without the tools.
  if (options.length > 0 && !asksForHelp) await run(node, 'src/setup.ts', options)
  if (program !== undefined && !process.exitCode) await run(node, program, args)
}

/** Runs a program of the project; in this process if the right Node runs already, which is faster. */
async function run(node, file, argv) {
  const path = join(root, file)
  if (node === process.execPath) {
    process.argv = [process.execPath, path, ...argv]
    await import(pathToFileURL(path).href)
    return
  }
  process.exitCode = await new Promise((resolve, reject) => {
    const child = spawn(node, [path, ...argv], { stdio: 'inherit', env: nodeEnvironment() })
    // Ctrl-C in a terminal sends SIGINT to both processes. Only the program handles it.
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    process.on('SIGINT', () => {})
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

function printHelp() {
  process.stdout.write(`npm run setup -- [options]

Installs the tools that the families of this project need, into .bakehouse/ and ~/.cache/bakehouse. As root it also installs packages of the
distribution. Commands that need the tools do this by themselves.

Options:
  --checks    Also install what the tests need
  -h, --help  Print this help
`)
}

function noNode() {
  const hint = 'install Node 24 or newer, or let npm install the pinned one: npm ci --include=optional'
  return failure(
    `Expected Node >= ${oldestNode}, got ${process.versions.node}; the pinned Node is not installed or does not run here`,
    3,
    hint,
  )
}
