// Puts everything in place that the other scripts need; runs before each of them. Plain JavaScript for the Node that
// the machine has: nothing is installed yet when it starts the first time, and it is over at once when all is there.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, linkSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('.', import.meta.url))
const home = process.env.BAKEHOUSE_HOME || join(root, '.bakehouse')
const stampFile = join(home, 'tools.stamp')
const packagesStamp = join(root, 'node_modules', '.bakehouse-lock')
const node = join(root, 'node_modules', '.bin', 'node')
const oldestNode = '22.18'
const withChecks = process.argv.includes('--checks')
const again = process.argv.includes('--again')
/** Only the npm packages: the program asks for the tools once it knows that it needs them. */
const onlyPackages = process.argv.includes('--packages')

if (again || !packagesMatch() || (!onlyPackages && !toolsMatch())) {
  try {
    await underLock(setUp)
  } catch (error) {
    if (error.message) process.stderr.write(`Set-up: ${error.message}\n`)
    process.exitCode = error.exitCode ?? 1
  }
}

async function setUp() {
  if (!packagesMatch()) await installPackages()
  if (onlyPackages || (!again && toolsMatch())) return
  const args = [join(root, 'src/setup/setup.ts'), ...(withChecks ? ['--checks'] : [])]
  const code = await start(findNode(), args, { stdio: ['ignore', 2, 2], env: { NODE_USE_ENV_PROXY: '1' } })
  if (code !== 0) throw failure('', code)
  writeFileSync(stampFile, JSON.stringify({ inputs: hashInputs(), checks: withChecks || readTools().checksVenv !== undefined }))
}

/** npm packages as the lock file has them. No install script runs: none of the packages needs one. */
async function installPackages() {
  const log = join(home, 'npm.log')
  const since = Date.now()
  const show = (text) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
  const elapsed = () => `${Math.round((Date.now() - since) / 1000)} s`
  show('npm packages: installing')
  const timer = setInterval(() => show(`npm packages: installing (${elapsed()})`), process.stderr.isTTY ? 1000 : 12_000)
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  const args = [
    ...npm.slice(1),
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const output = openSync(log, 'w')
  const code = await start(npm[0], args, { stdio: ['ignore', output, output] }).finally(() => clearInterval(timer))
  closeSync(output)
  if (code !== 0) {
    throw new Error(
      `npm ci failed after ${elapsed()}: ${readFileSync(log, 'utf8').trim().split('\n').slice(0, 8).join('\n')}\n  log: ${log}`,
    )
  }
  show(`npm packages: done in ${elapsed()}`)
  if (process.stderr.isTTY) process.stderr.write('\n')
  writeFileSync(packagesStamp, hashLock())
}

/** The pinned Node; where its package has none for this system, the one that runs, if it is new enough. */
function findNode() {
  if (existsSync(node)) return node
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldestNode.split('.').map(Number)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return process.execPath
  throw failure(`Node >= ${oldestNode} is needed to run TypeScript, this is ${process.versions.node}\n  try: install a newer Node`, 3)
}

/** What is installed is what the lock file says: known from our stamp, else by comparing, as after an `npm install`. */
function packagesMatch() {
  if (!existsSync(node) && process.platform === 'linux') return false
  if (findText(packagesStamp) === hashLock()) return true
  const match = installedMatches()
  if (match) writeFileSync(packagesStamp, hashLock())
  return match
}

function installedMatches() {
  const text = findText(join(root, 'node_modules', '.package-lock.json'))
  if (text === undefined) return false
  const installed = JSON.parse(text).packages
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const same = ([name, { version, optional }]) => name === '' || installed[name]?.version === version || (optional && !installed[name])
  return Object.entries(wanted).every(same) && Object.keys(installed).every((name) => wanted[name] !== undefined)
}

/** Nothing that set-up is made from has changed, and everything it put in place is still there. */
function toolsMatch() {
  try {
    const stamp = JSON.parse(readFileSync(stampFile, 'utf8'))
    return stamp.inputs === hashInputs() && (stamp.checks || !withChecks) && paths(readTools()).every((path) => existsSync(path))
  } catch {
    return false
  }
}

function readTools() {
  return JSON.parse(readFileSync(join(home, 'tools.json'), 'utf8'))
}

function paths(value) {
  if (typeof value === 'object') return Object.values(value).flatMap(paths)
  return value.startsWith('/') ? [value] : []
}

function hashLock() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

function hashInputs() {
  const hash = createHash('sha256').update([hashLock(), process.env.XDG_CACHE_HOME || homedir(), process.arch].join('\n'))
  for (const file of listFiles(join(root, 'src/setup'))) hash.update(`${file}\n`).update(readFileSync(file))
  return hash.digest('hex')
}

function listFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? listFiles(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort()
}

function findText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Runs a command to its end; its exit code. */
function start(command, args, { stdio, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio, env: { ...process.env, ...env } })
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.once(signal, () => child.kill(signal))
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

function failure(message, exitCode) {
  return Object.assign(new Error(message), { exitCode })
}

/** One set-up of this project at a time; a lock whose owner is gone is taken over. */
async function underLock(action) {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const lock = join(home, 'setup.lock')
  for (let tries = 0; !tryLock(lock); tries++) {
    const owner = findText(lock)
    if (owner !== undefined && !isRunning(Number(owner))) breakLock(lock, owner)
    else if (tries % 60 === 0) process.stderr.write(`Another set-up is under way (pid ${owner}): waiting for it\n`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  try {
    await action()
  } finally {
    rmSync(lock, { force: true })
  }
}

// A link appears with its content, so a lock is never without an owner.
function tryLock(lock) {
  const mine = `${lock}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  try {
    linkSync(mine, lock)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Takes the lock away from a dead owner, and gives it back where somebody else has it by now. */
function breakLock(lock, owner) {
  const aside = `${lock}.${process.pid}.dead`
  try {
    renameSync(lock, aside)
    if (findText(aside) !== owner) linkSync(aside, lock)
  } catch {
    // Somebody else was quicker.
  }
  rmSync(aside, { force: true })
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
