import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../core/errors.ts'
import { type Accelerator, qemuArguments } from './arguments.ts'
import { runImg } from './img.ts'
import { findFreePort } from './port.ts'
import { startQemu, stopQemu } from './process.ts'
import { connectQmp, executeMonitor, type Qmp } from './qmp.ts'
import { qemuTools } from './tools.ts'

/** Maximum time until the guest must run, in ms. A working guest needs two seconds; most failures are immediate. */
const probeDeadline = 20_000

/** The size of the probe machine. Everything else is as in a build. */
const shape = { cpus: 2, memory: 512 } as const

/**
 * Starts a machine with the arguments of a build. Returns undefined if its kernel runs (without a kernel: if its firmware reads the disk),
 * else the reason. Opening the device and starting QEMU is not enough, because on some hosts the guest then stops or hangs.
 */
export async function tryAccelerator(
  accelerator: Accelerator,
  kernel: string | undefined,
  deadlineMs = probeDeadline,
): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'bakehouse-probe-'))
  const file = (name: string): string => join(folder, name)
  const files = { qmpSocket: file('qmp'), consoleLog: file('console.log'), pidFile: file('qemu.pid') }
  try {
    const { system: program, ovmf: firmware } = qemuTools()
    if (kernel) await runImg(['create', '-q', '-f', 'qcow2', file('disk.qcow2'), '1M'])
    const disk = kernel ? file('disk.qcow2') : 1024 ** 2
    const args = qemuArguments({
      name: 'probe',
      accelerator,
      ...shape,
      firmware,
      disk,
      sshPort: await findFreePort(),
      credentials: {},
      ...files,
    })
    const started = { program, args: kernel ? withKernel(args, kernel) : args, logFile: file('qemu.log'), lifetimeSeconds: 60, ...files }
    const machine = await startQemu(started)
    try {
      return await watch({ ...files, hasKernel: kernel !== undefined, deadlineMs })
    } finally {
      await stopQemu(machine, files.qmpSocket)
    }
  } catch (error) {
    return firstError(messageOf(error))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Arguments with which the machine starts a kernel instead of its disk. */
function withKernel(args: readonly string[], kernel: string): string[] {
  return [...args.map((arg) => arg.replace(',bootindex=0', '')), '-kernel', kernel, '-append', 'console=ttyS0']
}

/** The first line of QEMU's messages that is not a warning. It says why QEMU ended. */
export function firstError(message: string): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '' && !/warning:/.test(line))
  return (lines[0] ?? message).replace(/^QEMU could not start the machine: exit \w+: /, '').replace(/^\S*qemu-system-\w+: (error: )?/, '')
}

interface Watch {
  readonly qmpSocket: string
  readonly consoleLog: string
  readonly hasKernel: boolean
  readonly deadlineMs: number
}

async function watch({ qmpSocket, consoleLog, hasKernel, deadlineMs }: Watch): Promise<string | undefined> {
  using qmp = await connectQmp(qmpSocket)
  let seen = 0
  for (const deadline = Date.now() + deadlineMs; Date.now() < deadline; await sleep(50)) {
    const { status } = (await qmp.execute('query-status')) as { status: string }
    if (!hasKernel && status === 'io-error') return undefined
    if (status !== 'running') return `QEMU stopped the guest: ${status}`
    if (!hasKernel) continue
    if ((await readFile(consoleLog, 'latin1').catch(() => '')).includes('Linux version')) return undefined
    seen = (await isInKernel(qmp)) ? seen + 1 : 0
    if (seen === 3) return undefined
  }
  return `the guest did not start within ${deadlineMs / 1000} s`
}

/** Whether a CPU of the guest runs kernel code. Needed because some kernels print nothing on the console. */
async function isInKernel(qmp: Qmp): Promise<boolean> {
  return isKernelAddress(await executeMonitor(qmp, 'info registers -a'))
}

/** Whether the instruction pointer is in the address space of a 64-bit Linux kernel. `registers`: as QEMU prints them. */
export function isKernelAddress(registers: string): boolean {
  return /\bRIP=ffffffff[89a-f]/i.test(registers)
}
