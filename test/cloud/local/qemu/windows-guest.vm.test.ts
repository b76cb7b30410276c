import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { qemuArguments } from '../../../../src/cloud/local/qemu/arguments.ts'
import { connectQmp, executeMonitor, type Qmp } from '../../../../src/cloud/local/qemu/qmp.ts'
import { qemuTools } from '../../../../src/cloud/local/qemu/tools.ts'
import { run, runTool } from '../../../../src/core/exec.ts'

const folder = mkdtempSync(join(tmpdir(), 'bh-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The devices that QEMU creates from the command line of a Windows guest. It is started with stopped CPUs, queried and ended. */
async function look(
  devices: 'virtio' | 'standard',
  port: number,
): Promise<{ pci: string; blocks: string; network: string; exitCode: number }> {
  const [disk, seed, qmpSocket] = ['disk.qcow2', 'seed.iso', 'qmp'].map((name) => join(folder, name)) as [string, string, string]
  await runTool(qemuTools().img, ['create', '-q', '-f', 'qcow2', disk, '64M'])
  writeFileSync(seed, Buffer.alloc(65_536))
  const paths = { disk, seed, qmpSocket, consoleLog: join(folder, 'console'), pidFile: join(folder, 'pid') }
  const machine = {
    name: 'win',
    cpus: 2,
    memory: 256,
    accelerator: 'tcg',
    firmware: qemuTools().ovmf,
    sshPort: 0,
    credentials: {},
  } as const
  const args = qemuArguments({ ...machine, ...paths, guest: { os: 'windows', devices, port } })
  const ended = run(qemuTools().system, [...args, '-S'], { timeoutMs: 60_000 })
  const qmp = await Promise.race([connectSoon(qmpSocket), ended.then(({ stderr }) => Promise.reject(new Error(stderr)))])
  const [pci, blocks, network] = [
    await executeMonitor(qmp, 'info pci'),
    await executeMonitor(qmp, 'info block'),
    await executeMonitor(qmp, 'info usernet'),
  ]
  await qmp.execute('quit').catch(() => {})
  return { pci, blocks, network, exitCode: (await ended).exitCode }
}

async function connectSoon(socket: string): Promise<Qmp> {
  for (;;) {
    const qmp = await connectQmp(socket).catch(() => undefined)
    if (qmp) return qmp
    await sleep(50)
  }
}

describe('QEMU accepts the command line of a Windows guest', () => {
  it('with virtio devices, its seed as a CD, and the port of PowerShell remoting', async () => {
    const { pci, blocks, network, exitCode } = await look('virtio', 5986)
    // The virtio devices of Red Hat: disk, network interface, random number generator.
    expect([...pci.matchAll(/PCI device 1af4:(\w+)/g)].map(([, device]) => device).toSorted()).toEqual(['1000', '1001', '1005'])
    expect(blocks).toMatch(/disk .*disk\.qcow2/)
    expect(blocks).toMatch(/seed .*seed\.iso .*read-only/)
    expect(network).toMatch(/TCP\[HOST_FORWARD\].*127\.0\.0\.1\s+\d+\s+\S+\s+5986/)
    expect(exitCode).toBe(0)
  })

  it('with a SATA disk, an Intel network interface, and the port of OpenSSH', async () => {
    const { pci, network, exitCode } = await look('standard', 22)
    expect(pci).not.toContain('PCI device 1af4:')
    expect(pci).toContain('PCI device 8086:10d3')
    expect(network).toMatch(/TCP\[HOST_FORWARD\].*127\.0\.0\.1\s+\d+\s+\S+\s+22\b/)
    expect(exitCode).toBe(0)
  })
})
