import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MissingError, messageOf } from '../../src/core/errors.ts'
import { runTool } from '../../src/core/exec.ts'
import { cacheFolder } from '../../src/core/paths.ts'

/** An image that exists in every region of moto. */
export const motoImage = 'ami-03cf127a'

/** A running EC2 API server on 127.0.0.1. */
export interface Moto extends AsyncDisposable {
  readonly url: string
}

/** Starts moto on a free port. Disposing ends it. The first call on a computer installs moto, which takes a minute. */
export async function startMoto(logFile?: string): Promise<Moto> {
  const venv = await installMoto()
  const port = await freePort()
  const log = logFile === undefined ? ('ignore' as const) : openSync(logFile, 'a')
  const child = spawn(join(venv, 'bin/moto_server'), ['-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', log, log] })
  const url = `http://127.0.0.1:${port}`
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  for (let attempt = 0; !(await answers(`${url}/moto-api/`)); attempt++) {
    if (child.exitCode !== null || attempt > 600) throw new Error(`moto does not start (exit ${child.exitCode})`)
    await sleep(100)
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await Promise.race([ended, sleep(5_000).then(() => child.kill('SIGKILL'))])
    },
  }
}

/** The environment for AWS tools: they connect to this server and have no real credentials. */
export function motoEnvironment(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'testing',
    AWS_SESSION_TOKEN: 'testing',
    AWS_REGION: 'eu-central-1',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  }
}

/** The Python environment of moto. Its packages are pinned by hash; all clones with the same pins share it. */
async function installMoto(): Promise<string> {
  const requirements = join(import.meta.dirname, 'requirements.txt')
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const venv = join(cacheFolder(), `moto-${hash}`)
  const done = join(venv, 'complete')
  if (existsSync(done)) return venv
  const lock = `${venv}.lock`
  mkdirSync(cacheFolder(), { recursive: true })
  try {
    mkdirSync(lock)
  } catch {
    // Another process is installing it. Wait for that.
    for (let second = 0; second < 1_200 && !existsSync(done); second++) await sleep(1_000)
    if (existsSync(done)) return venv
    throw new MissingError(`another process has not finished the installation of moto in ${venv}`, {
      hint: `if none runs, delete ${lock}`,
    })
  }
  try {
    await runTool('python3', ['-m', 'venv', '--clear', venv])
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '--no-deps', '-r', requirements]
    await runTool(join(venv, 'bin/python'), pip).catch((cause: unknown) => {
      throw refuseMoto(messageOf(cause), cause)
    })
    mkdirSync(`${done}.tmp`)
    renameSync(`${done}.tmp`, done)
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
  return venv
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** The error if moto cannot be installed. pip writes its reason last, after a warning per attempt. */
export function refuseMoto(said: string, cause?: unknown): MissingError {
  const last = said.split('\n').findLast((line) => /^ERROR: /.test(line.trim())) ?? said.split('\n')[0] ?? ''
  return new MissingError(`The EC2 emulator moto could not be installed: ${last.trim().replace(/^ERROR: /, '')}`, {
    hint: 'pip must reach a package index: connect this computer to the network, or set PIP_INDEX_URL or HTTPS_PROXY; then try again',
    cause,
  })
}
