import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ensureDebianBase } from '../../../../../src/cloud/local/base/debian.ts'
import { removeMachine } from '../../../../../src/cloud/local/machines/machine.ts'
import { type Launched, launchMachine } from '../../../../../src/cloud/local/provider/launch.ts'
import { sourceFolder } from '../../../../../src/core/paths.ts'
import { connect, runInGuest } from '../../../../../src/guest/ssh/ssh.ts'

// Real guests try to connect to real services of this computer, as a malicious guest would.

const metadata = '169.254.169.254'
let folder: string
let base: string
let servers: Server[]
let plugin: { port: number; end: () => void }
/** The connections that a service of this computer got. */
const seen: string[] = []
const machines: Launched[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-vm-'))
  vi.stubEnv('BAKEHOUSE_HOME', join(folder, 'home'))
  base = (await ensureDebianBase({ release: 'bookworm', variant: 'lean', progress: () => {}, signal: AbortSignal.timeout(1_700_000) })).path
  servers = [await serve('127.0.0.1'), await serve('0.0.0.0')]
  plugin = await startPlugin()
  // If it is allowed to, the test adds the address of the cloud metadata service to this computer.
  spawnSync('ip', ['address', 'add', `${metadata}/32`, 'dev', 'lo'])
})

afterAll(async () => {
  spawnSync('ip', ['address', 'del', `${metadata}/32`, 'dev', 'lo'])
  for (const { machine } of machines) await removeMachine(machine)
  plugin?.end()
  for (const server of servers ?? []) server.close()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

async function serve(address: string): Promise<Server> {
  const server = createServer((_request, response) => response.end('a secret of this computer'))
  server.on('connection', (socket) => seen.push(`${address} from ${socket.remoteAddress}`))
  server.listen(0, address)
  await once(server, 'listening')
  return server
}

/** The `command` plugin, started as the engine starts it. */
async function startPlugin(): Promise<{ port: number; end: () => void }> {
  const child = spawn(process.execPath, [join(sourceFolder(), 'engine/command/main.ts')], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stderr.on('data', (chunk: Buffer) => seen.push(String(chunk)))
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { port: Number(line), end: () => child.kill() }
}

async function launch(network: boolean): Promise<Launched> {
  const identityFile = join(folder, `key-${machines.length}`)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identityFile])
  const expires = new Date(Date.now() + 3_600_000).toISOString()
  const machine = await launchMachine(
    {
      ...{ name: 'hostile', image: base, cpus: 2, memory: 1024, disk: 4, network, warm: true },
      tags: { tool: 'bakehouse', family: 'f', version: '1', build: 'b', stage: 'trial', expires },
      ...{ publicKey: readFileSync(`${identityFile}.pub`, 'utf8').trim(), identityFile, knownHostsFile: `${identityFile}.hosts` },
      ...{ user: 'root', login: 'credential', loginTimeoutSeconds: 600, diagnosticsFolder: '' },
    },
    AbortSignal.timeout(1_700_000),
  )
  machines.push(machine)
  return machine
}

/** The results of the attempts of a guest, by name: `reached` or `refused`. */
async function attack({ host }: Launched): Promise<Record<string, string>> {
  const [loopback, any] = servers.map((server) => (server.address() as AddressInfo).port)
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
  const script = readFileSync(join(import.meta.dirname, 'reach.py'), 'utf8')
  const command = `python3 - ${loopback} ${own ?? '127.0.0.1'} ${any} ${plugin.port} <<'END'\n${script}\nEND`
  const { stdout, stderr, exitCode } = await runInGuest(connect(host, folder), command)
  expect(exitCode, stderr).toBe(0)
  return Object.fromEntries(stdout.split('\n').flatMap((line) => (line.includes('\t') ? [line.split('\t') as [string, string]] : [])))
}

const nothing = { loopback: 'refused', resolver: 'refused', plugin: 'refused', 'own address': 'refused', metadata: 'refused' }

describe('a malicious guest', () => {
  it('cannot connect to anything while it is tested', async () => {
    expect(await attack(await launch(false))).toEqual({ ...nothing, mirror: 'refused' })
    expect(seen).toEqual([])
  })

  it('can connect to the network if it needs one, but not to this computer; without its filter, to nothing', async () => {
    const machine = await launch(true)
    expect(await attack(machine)).toEqual({ ...nothing, mirror: 'reached' })
    expect(seen).toEqual([])

    const { exitCode } = await runInGuest(connect(machine.host, folder), 'true')
    expect(exitCode).toBe(0)
    process.kill(findFilter(machine), 'SIGKILL')
    // The login goes through the filter too, so there is no connection to the guest at all.
    const cut = await runInGuest(connect(machine.host, folder), 'curl -s http://deb.debian.org/', { timeoutMs: 3_000 })
    expect(cut.exitCode).not.toBe(0)
    expect(seen).toEqual([])
  })
})

function findFilter({ machine }: Launched): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const found = pids.find(
    (pid) => commandLine(pid).includes(`${machine.runtimeFolder}/from-guest`) && commandLine(pid).includes('filter.ts'),
  )
  expect(found, 'the machine has a filter').toBeDefined()
  return Number(found)
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
