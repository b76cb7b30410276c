// Installs the npm packages of the lock file. Plain JavaScript, because no package is installed when it runs for the first time.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { failure } from './failure.mjs'

/** Whether the installed packages are those of the lock file: by the stamp of the last set-up; without it, by comparing all packages. */
export function packagesMatch(root) {
  if (findText(stampOf(root)) === hashLock(root)) return true
  const match = installedMatches(root)
  if (match) writeFileSync(stampOf(root), hashLock(root))
  return match
}

/** Installs the packages. Their install scripts do not run; no package needs one. */
export async function installPackages(root, home) {
  const log = join(home, 'npm.log')
  const since = Date.now()
  const elapsed = () => `${Math.round((Date.now() - since) / 1000)} s`
  const show = (text) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
  show('npm packages: installing')
  const timer = setInterval(() => show(`npm packages: installing (${elapsed()})`), process.stderr.isTTY ? 1000 : 12_000)
  const code = await runNpm(root, log).finally(() => clearInterval(timer))
  if (code !== 0) throw explainNpm(readFileSync(log, 'utf8'), log)
  show(`npm packages: done in ${elapsed()}${process.stderr.isTTY ? '\n' : ''}`)
  writeFileSync(stampOf(root), hashLock(root))
}

/** The command of npm. Other package managers set `npm_execpath` too, but do not understand these arguments and the lock file. */
export function npmCommand(execpath = process.env.npm_execpath) {
  return /[\\/]npm-cli\.c?js$/.test(execpath ?? '') ? [process.execPath, execpath] : ['npm']
}

/** The error for a failed `npm ci`, from its output. */
export function explainNpm(said, log) {
  const code = /npm (?:error|ERR!) code (\S+)/.exec(said)?.[1] ?? ''
  const detail = `${said.trim().split('\n').slice(0, 8).join('\n')}\nlog: ${log}`
  if (/CERT|ISSUER|SIGNATURE|SELF_SIGNED/.test(code)) {
    const hint = 'if a proxy of your company inspects TLS, set NODE_EXTRA_CA_CERTS to the file of its certificate authority'
    return failure(`The packages could not be installed: the certificate of the npm registry is not trusted (${code})\n${detail}`, 3, hint)
  }
  if (/^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|E40[137])$/.test(code)) {
    const hint = 'check the address of the registry (npm config get registry), and HTTPS_PROXY if you use a proxy'
    return failure(`The packages could not be installed: ${code}\n${detail}`, 3, hint)
  }
  return failure(`The packages could not be installed: npm ci failed\n${detail}`, 1)
}

async function runNpm(root, log) {
  mkdirSync(join(log, '..'), { recursive: true })
  const [command, ...first] = npmCommand()
  const options = ['--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const output = openSync(log, 'w')
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(command, [...first, 'ci', ...options], { cwd: root, stdio: ['ignore', output, output] })
      for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.once(signal, () => child.kill(signal))
      child.on('error', () => {
        const hint = 'npm comes with Node; pnpm and yarn cannot install from package-lock.json'
        reject(failure('npm, which installs the packages, was not found', 3, hint))
      })
      child.on('exit', (code) => resolve(code ?? 1))
    })
  } finally {
    closeSync(output)
  }
}

function installedMatches(root) {
  const text = findText(join(root, 'node_modules', '.package-lock.json'))
  if (text === undefined) return false
  const installed = JSON.parse(text).packages
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const same = ([name, { version, optional }]) => name === '' || installed[name]?.version === version || (optional && !installed[name])
  return Object.entries(wanted).every(same) && Object.keys(installed).every((name) => wanted[name] !== undefined)
}

function stampOf(root) {
  return join(root, 'node_modules', '.bakehouse-lock')
}

function hashLock(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

function findText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
