import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { ensureDebianBase } from '../../../../src/cloud/local/base/debian.ts'
import { local } from '../../../../src/cloud/local/local.ts'
import { listMachines } from '../../../../src/cloud/local/machines/machine.ts'
import { instanceInputs } from '../../../../src/cloud/local/machines/spec.ts'
import { handlers } from '../../../../src/cloud/local/provider/handlers.ts'
import { makeOverlay, readDiskInfo } from '../../../../src/cloud/local/qemu/img.ts'
import { ensureSnapshot, snapshotKey } from '../../../../src/cloud/local/warm/snapshot.ts'
import { run, runTool } from '../../../../src/core/exec.ts'
import type { Properties } from '../../../../src/engine/plugin/resource.ts'
import type { Host } from '../../../../src/model/host.ts'
import type { Tags } from '../../../../src/model/tags.ts'

const [instances, images, copies] = [handlers['qemu:index:Instance']!, handlers['qemu:index:Image']!, handlers['qemu:index:ImageCopy']!]
let folder: string
let base: string
let number = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-vm-'))
  vi.stubEnv('BAKEHOUSE_HOME', join(folder, 'home'))
  base = (await ensureDebianBase({ release: 'bookworm', variant: 'lean', progress: () => {}, signal: AbortSignal.timeout(1_700_000) })).path
})

afterAll(async () => {
  const cloud = await local()
  for (const each of await cloud.list({})) await cloud.delete(each)
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const context = (signal = AbortSignal.timeout(1_700_000)) => ({ urn: '', timeout: 0, signal })
const tags = (stage: Tags['stage']): Tags => ({
  ...{ tool: 'bakehouse', family: 'f', version: '1', build: 'b', stage },
  expires: stage === 'promoted' ? '' : new Date(Date.now() + 3_600_000).toISOString(),
})

function inputs(more: Properties = {}): Properties {
  const identityFile = join(folder, `key-${++number}`)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identityFile])
  return {
    ...{ name: 'f-1-base', tags: tags('base'), image: base, cpus: 2, memory: 1024, disk: 4 },
    ...{ publicKey: readFileSync(`${identityFile}.pub`, 'utf8').trim(), identityFile, knownHostsFile: join(folder, `hosts-${number}`) },
    ...{ user: 'root', login: 'credential', loginTimeoutSeconds: 600, warm: true, diagnosticsFolder: join(folder, 'diagnostics') },
    ...more,
  }
}

/** Logs in with a new connection, the key of the instance and its pinned host keys. */
function sshArguments(host: Host, command: string): string[] {
  const options = ['BatchMode=yes', 'IdentitiesOnly=yes', 'StrictHostKeyChecking=yes', `UserKnownHostsFile=${host.knownHostsFile}`]
  const given = options.flatMap((option) => ['-o', option])
  return ['-F', 'none', ...given, '-i', host.identityFile, '-p', String(host.port), `${host.user}@${host.address}`, command]
}
const ssh = (host: Host, command: string): Promise<string> => runTool('ssh', sshArguments(host, command))

/** Removes the authorized key, as `seal` does. Otherwise the machine would keep it instead of using the next one. */
async function powerOff(id: string, host: Host): Promise<void> {
  await run('ssh', sshArguments(host, 'rm .ssh/authorized_keys; systemctl poweroff'))
  await expect.poll(() => instances.read!(id, {}), { timeout: 120_000 }).toBeUndefined()
}

/** By how many seconds the clock of the machine is wrong at least: while the answer travels, the correct time goes on. */
async function clockDifference(host: Host): Promise<number> {
  const before = Date.now() / 1000
  const clock = Number(await ssh(host, 'date +%s.%N'))
  const after = Date.now() / 1000
  return Math.max(before - clock, clock - after, 0)
}

describe('machines that are restored from the VM snapshot of a base image', () => {
  it('have different identities and the correct time, and accept only their own key', async () => {
    const [one, other] = [await instances.create(inputs(), context()), await instances.create(inputs(), context())]
    const identities = await Promise.all(
      [one, other].map(async ({ outputs }) => {
        const host = outputs.host as Host
        const text = await ssh(host, 'cat /etc/machine-id /etc/ssh/*.pub; head -c 16 /dev/urandom | base64; cat .ssh/authorized_keys')
        const [machineId, ...rest] = text.trim().split('\n')
        // First the clock is set to a second, and soon after to less.
        await expect.poll(() => clockDifference(host)).toBeLessThan(2)
        expect(rest.at(-1)).toBe(outputs.publicKey)
        expect(text).not.toContain('bakehouse-warm')
        return { machineId, hostKeys: rest.slice(0, -2), random: rest.at(-2) }
      }),
    )
    expect([one.outputs.boot, other.outputs.boot]).toEqual(['warm', 'warm'])
    const [first, second] = identities
    expect(first!.machineId).not.toBe(second!.machineId)
    expect(first!.random).not.toBe(second!.random)
    expect(first!.hostKeys.filter((key) => second!.hostKeys.includes(key))).toEqual([])
    const stranger = { ...(one.outputs.host as Host), identityFile: (other.outputs.host as Host).identityFile }
    expect((await run('ssh', sshArguments(stranger, 'true'))).exitCode).not.toBe(0)
    for (const { id, outputs } of [one, other]) await instances.delete!(id, outputs, context())
    expect(await instances.read!(one.id, one.outputs)).toBeUndefined()
  })
})

describe('a machine that is booted', () => {
  it('accepts its own key with a restored firmware, and grows its file system to a larger disk', async () => {
    const machine = await instances.create(inputs({ warm: false, disk: 6 }), context())
    expect(machine.outputs).toMatchObject({ boot: 'cold', note: '' })
    const text = await ssh(
      machine.outputs.host as Host,
      'systemctl --failed --no-legend; df --output=size -BM / | tail -1; cat .ssh/authorized_keys',
    )
    const [size, key] = text.trim().split('\n')
    expect(Number.parseInt(size!, 10)).toBeGreaterThan(5500)
    expect(key).toBe(machine.outputs.publicKey)
    await instances.delete!(machine.id, machine.outputs, context())
  })
})

describe('an image of a machine', () => {
  it('cannot be made while the machine runs; its copy boots and does not depend on the original', async () => {
    const machine = await instances.create(inputs(), context())
    const host = machine.outputs.host as Host
    await ssh(host, 'echo baked > /root/mark; echo "blacklist qemu_fw_cfg" > /etc/modprobe.d/no-fw-cfg.conf')
    const candidateInputs = { name: 'f-1-candidate', tags: tags('candidate'), instanceId: machine.id, compress: false }
    await expect(images.create(candidateInputs, context())).rejects.toThrow('is still running')
    await powerOff(machine.id, host)

    const candidate = await images.create(candidateInputs, context())
    const copy = await copies.create({ name: 'f-1', tags: tags('promoted'), source: candidate.id, compress: false }, context())
    await images.delete!(candidate.id, candidate.outputs, context())
    await instances.delete!(machine.id, machine.outputs, context())
    const info = await readDiskInfo(String(copy.outputs.path))
    expect(info.backing).toBeUndefined()
    expect(copy.outputs.digest).toMatch(/^sha256:[0-9a-f]{64}$/)

    const cold = await instances.create(inputs({ image: copy.id, name: 'f-1-trial', tags: tags('trial'), warm: false }), context())
    expect(cold.outputs.boot).toBe('cold')
    // With a firmware snapshot, this image would not get its key. So the firmware was started.
    expect(cold.outputs.note).toMatch(/^the firmware was started, because its VM snapshot cannot be used: .*Permission denied/)
    expect(await ssh(cold.outputs.host as Host, 'cat /root/mark; systemctl --failed --no-legend')).toBe('baked\n')
    await instances.delete!(cold.id, cold.outputs, context())
    expect((await (await local()).list({})).map(({ id }) => id)).toEqual(['f-1'])
    await copies.delete!(copy.id, copy.outputs, context())
    await copies.delete!(copy.id, copy.outputs, context())
    expect(existsSync(String(copy.outputs.path))).toBe(false)
  })
})

describe('a VM snapshot', () => {
  const cache = (): string => join(folder, 'cache')
  afterEach(() => vi.stubEnv('XDG_CACHE_HOME', undefined).stubEnv('BAKEHOUSE_SNAPSHOTS', undefined))

  it('is discarded if it cannot be restored; the machine boots, and the reason is reported', async () => {
    vi.stubEnv('XDG_CACHE_HOME', cache())
    const key = await snapshotKey({ cpus: 2, memory: 1024, disk: 4, image: base })
    const saved = join(cache(), 'bakehouse/warm', key)
    mkdirSync(saved, { recursive: true })
    await makeOverlay(base, join(saved, 'disk.qcow2'), 4)
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(saved, 'memory.qcow2'), '1M'])
    const machine = await instances.create(inputs(), context())
    expect(machine.outputs.boot).toBe('cold')
    expect(machine.outputs.note).toMatch(/^booted, because the VM snapshot cannot be used: snapshot-load: /)
    expect(existsSync(saved)).toBe(false)
    await instances.delete!(machine.id, machine.outputs, context())
    await expect(ensureSnapshot(instanceInputs.parse(inputs()), context().signal)).rejects.toThrow('a new one is made after a day')
  })

  it('is not used with BAKEHOUSE_SNAPSHOTS=off', async () => {
    vi.stubEnv('XDG_CACHE_HOME', join(cache(), 'off')).stubEnv('BAKEHOUSE_SNAPSHOTS', 'off')
    const blank = join(folder, 'blank.qcow2')
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', blank, '1G'])
    await expect(instances.create(inputs({ image: blank, loginTimeoutSeconds: 5 }), context())).rejects.toThrow(
      'cannot log in to the machine',
    )
    expect(['warm', 'firmware'].filter((name) => existsSync(join(cache(), 'off/bakehouse', name)))).toEqual([])
  })
})

describe('a machine that never accepts a login', () => {
  it('is reported with the reason, and leaves only its console log and screenshot', async () => {
    const blank = join(folder, 'blank.qcow2')
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', blank, '1G'])
    const failed = instances.create(inputs({ image: blank, warm: false, loginTimeoutSeconds: 20 }), context())
    await expect(failed).rejects.toThrow(
      /cannot log in to the machine: its network did not come up within 20 s \(last line of its console: .+/,
    )
    const kept = readdirSync(join(folder, 'diagnostics'))
    expect(kept).toEqual(expect.arrayContaining(['base-console.log', 'base-screen.png']))
    expect(readFileSync(join(folder, 'diagnostics/base-screen.png')).subarray(1, 4).toString()).toBe('PNG')
    expect(await listMachines()).toEqual([])
  })

  it('is removed if the build is cancelled', async () => {
    const blank = join(folder, 'blank.qcow2')
    const cancelled = instances.create(inputs({ image: blank, warm: false }), context(AbortSignal.timeout(3000)))
    await expect(cancelled).rejects.toThrow()
    expect(await listMachines()).toEqual([])
    expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain('-name f-1-base')
  })
})

it('accepts a login of the user that cloud-init creates, with login.by cloud-init', async () => {
  const machine = await instances.create(inputs({ login: 'cloud-init', user: 'baker', warm: true }), context())
  expect(await ssh(machine.outputs.host as Host, 'sudo id -un; id -un')).toBe('root\nbaker\n')
  await instances.delete!(machine.id, machine.outputs, context())
})
