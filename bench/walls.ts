import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianBase } from '../src/cloud/local/base/debian.ts'
import { openOfflineDisk } from '../src/cloud/local/disk/files.ts'
import { machineFiles, makeMachine, removeMachine, writeMachine } from '../src/cloud/local/machines/machine.ts'
import { hostOf, requireLogin } from '../src/cloud/local/machines/start.ts'
import { findAccelerator } from '../src/cloud/local/qemu/accelerator.ts'
import { qemuArguments } from '../src/cloud/local/qemu/arguments.ts'
import { startFilter } from '../src/cloud/local/qemu/filter/start.ts'
import { makeOverlay } from '../src/cloud/local/qemu/img.ts'
import { findFreePort } from '../src/cloud/local/qemu/port.ts'
import { startQemu } from '../src/cloud/local/qemu/process.ts'
import { qemuTools } from '../src/cloud/local/qemu/tools.ts'
import { runTool } from '../src/core/exec.ts'
import { findCommand } from '../src/core/find-command.ts'
import { makeSshKey } from '../src/core/ssh-key.ts'
import { judgeOffline } from '../src/guest/linux/offline.ts'
import { type BenchRequest, type Contender, interleave, renderConditions, renderTable, timed } from './measure.ts'

/** How a guest is kept from this computer: not at all, by `restrict=on` of QEMU, or by the filter and the sandbox, as in a build. */
const walls = ['no boundary', 'restrict=on', 'filter and sandbox'] as const
type Wall = (typeof walls)[number]

/** Measures what the boundaries around a guest cost: a cold boot to login with each, a network namespace, and the look at its disk. */
export async function main({ rounds = 3 }: BenchRequest): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'walls-'))
  try {
    const identityFile = join(folder, 'key')
    const { publicKey } = await makeSshKey(identityFile)
    const progress = (line: string): boolean => process.stderr.write(`${line}\n`)
    const base = await ensureDebianBase({ release: 'bookworm', variant: 'lean', progress, signal: new AbortController().signal })
    const boots = walls.map((wall) => ({
      name: `boot to login: ${wall}`,
      run: () => boot(wall, { base: base.path, folder, identityFile, publicKey }),
    }))
    const measured = await interleave(
      [...boots, ...namespace(), { name: 'offline look at the disk', run: () => look(base.path, folder) }],
      rounds,
    )
    const [none = 1, restricted = 0, filtered = 0] = measured.map((each) => each.median)
    const ratios = { 'restrict-over-none': restricted / none, 'filter-over-none': filtered / none }
    const lines = Object.entries(ratios).map(([name, ratio]) => `ratio ${name}: ${ratio.toFixed(2)}\n`)
    process.stdout.write(`${renderTable(measured)}\n\n${await renderConditions()}\n\n${lines.join('')}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Boot {
  readonly base: string
  readonly folder: string
  readonly identityFile: string
  readonly publicKey: string
}

/** Boots a machine without VM snapshots until it accepts a login. */
async function boot(wall: Wall, { base, folder, identityFile, publicKey }: Boot): Promise<number> {
  const expires = new Date(Date.now() + 3_600_000).toISOString()
  const tags = { tool: 'bakehouse', family: 'walls', version: '', build: 'walls', stage: 'trial', expires } as const
  const made = await makeMachine('walls', { tags, image: base, sshPort: await findFreePort() })
  const { seed: _seed, filter, ...files } = machineFiles(made)
  let machine = made
  try {
    await makeOverlay(base, files.disk, 4)
    const { system: program, ovmf: firmware } = qemuTools()
    const isBuilt = wall === 'filter and sandbox'
    const args = qemuArguments({
      ...{ ...files, name: made.id, accelerator: await findAccelerator(), firmware, cpus: 2, memory: 1024, sshPort: made.sshPort },
      credentials: { 'ssh.authorized_keys.root': `${publicKey}\n` },
      ...(isBuilt ? { filter, sandbox: process.platform === 'linux' } : {}),
    }).map((arg) => (wall === 'no boundary' ? arg.replace('restrict=on', 'restrict=off') : arg))
    return await timed(async () => {
      if (isBuilt) startFilter(filter, false, files)
      machine = { ...made, process: await startQemu({ program, args, logFile: files.qemuLog, lifetimeSeconds: 3_600, ...files }) }
      await writeMachine(machine)
      const host = hostOf(machine, { user: 'root', identityFile, knownHostsFile: join(folder, made.id) })
      await requireLogin(machine, host, { deadlineMs: 600_000, signal: new AbortController().signal })
    })
  } finally {
    await removeMachine(machine)
  }
}

/** Makes a network namespace and starts a program in it, which would be needed if the filter did not exist. */
function namespace(): Contender[] {
  if (!findCommand('unshare')) return []
  return [{ name: 'network namespace', run: () => timed(() => runTool('unshare', ['--user', '--map-root-user', '--net', 'true'])) }]
}

/** Reads and checks the disk of a machine from outside, as a build does. */
async function look(base: string, folder: string): Promise<number> {
  const file = join(folder, 'disk.qcow2')
  await makeOverlay(base, file, 4)
  return timed(async () => {
    await using disk = await openOfflineDisk(file, AbortSignal.timeout(600_000))
    await judgeOffline(disk, async () => new Map())
  })
}
