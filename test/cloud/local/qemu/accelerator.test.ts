import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { renderAcceleration } from '../../../../src/cloud/local/qemu/acceleration-finding.ts'
import { describeProcessor } from '../../../../src/cloud/local/qemu/describe-host.ts'
import { explainDevice, findDeviceTrouble } from '../../../../src/cloud/local/qemu/kvm-device.ts'
import { firstError, isKernelAddress } from '../../../../src/cloud/local/qemu/probe.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-accelerator-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.doUnmock('../../../../src/cloud/local/qemu/kvm-device.ts')
  vi.resetModules()
  rmSync(folder, { recursive: true })
})

describe('a device that cannot be opened', () => {
  it.each([
    ['EACCES', 'permission denied for baker', 'sudo usermod -aG kvm baker'],
    ['EACCES', 'permission denied', '/etc/udev/rules.d/99-kvm.rules'],
    ['EACCES', 'permission denied', '--group-add'],
    ['EPERM', 'the container does not allow it', '--device /dev/kvm'],
    ['ENOENT', 'this computer has no /dev/kvm', 'enable virtualization in the firmware'],
    ['EBUSY', '/dev/kvm cannot be opened: EBUSY', 'docs/kvm-checklist.md'],
  ])('with %s is explained: %s, with the hint: %s', (code, why, hint) => {
    const trouble = explainDevice(code, '/dev/kvm', 'baker')
    expect(trouble.why).toContain(why)
    expect(trouble.hint).toContain(hint)
  })

  it('is distinguished from one that can be opened', () => {
    writeFileSync(join(folder, 'kvm'), '')
    expect(findDeviceTrouble(join(folder, 'kvm'))).toBeUndefined()
    expect(findDeviceTrouble(join(folder, 'none'))?.why).toBe(`this computer has no ${join(folder, 'none')}`)
  })
})

describe('the accelerator as text', () => {
  it('is a warning with a reason and a hint if machines are emulated', () => {
    const finding = renderAcceleration({ accelerator: 'tcg', why: '/dev/kvm: permission denied for baker', hint: 'do this' })
    expect(finding).toMatchObject({ name: 'accelerator', status: 'warning', hint: 'do this' })
    expect(finding.detail).toBe('tcg: machines are emulated, which is several times slower (/dev/kvm: permission denied for baker)')
  })

  it('is ok with KVM, also if a CPU feature is switched off', () => {
    expect(renderAcceleration({ accelerator: 'kvm' })).toEqual({ name: 'accelerator', status: 'ok', detail: 'kvm' })
    const finding = renderAcceleration({ accelerator: 'kvm,arch-capabilities=off', why: 'kvm: failed to set MSR 0x10a' })
    expect(finding).toMatchObject({ status: 'ok', detail: 'kvm,arch-capabilities=off (kvm: failed to set MSR 0x10a)' })
  })
})

it('finds a running kernel by the registers of any CPU', () => {
  expect(isKernelAddress('CPU#0\nRIP=00000000fffd27d4 RFL=\nCPU#1\nRIP=ffffffff81e2f1a0 RFL=')).toBe(true)
  expect(isKernelAddress('CPU#0\nRIP=0000000001e2f1a0 RFL=\nCPU#1\nEIP=0000fff0 EFL=')).toBe(false)
})

it('finds the message of QEMU that says why it ended', () => {
  const said =
    'QEMU could not start the machine: exit null: qemu-system-x86_64: warning: host does not support\n' +
    'qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69\nqemu-system-x86_64: kvm.c:3183: Assertion failed.'
  expect(firstError(said)).toBe('failed to set MSR 0x10a to 0x69')
  expect(
    firstError('QEMU could not start the machine: exit 1: qemu-system-x86_64: failed to initialize kvm: Device or resource busy'),
  ).toBe('failed to initialize kvm: Device or resource busy')
})

it('identifies CPUs by model, microcode and features, not by their clock rate', () => {
  const text = (more: string): string => `processor\t: 0\nmodel name\t: X\n${more}\nflags\t\t: a b\n\nprocessor\t: 1\n`
  expect(describeProcessor(text('cpu MHz\t\t: 1.0'))).toEqual(describeProcessor(text('cpu MHz\t\t: 2.0')))
  expect(describeProcessor(text('microcode\t: 0x1'))).not.toEqual(describeProcessor(text('microcode\t: 0x2')))
})

/** A replacement for QEMU that behaves as on a certain host: only these values of `-cpu` run a guest. */
function fakeQemu(runs: string): void {
  const home = join(folder, 'home')
  mkdirSync(home)
  const program = join(folder, 'qemu-system')
  writeFileSync(program, `#!${process.execPath}\nconst runs = ${runs}\n${readFileSync(join(import.meta.dirname, 'fake-qemu.js'), 'utf8')}`)
  chmodSync(program, 0o755)
  const qemu = { system: program, img: 'true', ovmf: '/fw', ovmfCode: '/fw', ovmfVars: '/fw' }
  writeFileSync(
    join(home, 'tools.json'),
    JSON.stringify({ node: '', pulumi: '', venv: '', goss: '', qemu, commandPlugin: '', commandPluginFolder: '' }),
  )
  mkdirSync(join(folder, 'cache/bakehouse/base'), { recursive: true })
  writeFileSync(join(folder, 'cache/bakehouse/base/x.vmlinuz'), '')
  vi.stubEnv('BAKEHOUSE_HOME', home)
  vi.stubEnv('BAKEHOUSE_ACCELERATOR', '')
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'))
  vi.doMock('../../../../src/cloud/local/qemu/kvm-device.ts', () => ({ findDeviceTrouble: () => undefined }))
}
const load = async () => {
  vi.resetModules()
  return import('../../../../src/cloud/local/qemu/accelerator.ts')
}
const starts = (): string[] => readFileSync(join(folder, 'qemu-system.log'), 'utf8').trim().split('\n')

describe.runIf(process.platform === 'linux')('the accelerator of a host', () => {
  it('is KVM if a guest runs; the result is stored and not tested again', async () => {
    fakeQemu('() => true')
    expect(await (await load()).findAcceleration()).toEqual({ accelerator: 'kvm' })
    expect(await (await load()).findAcceleration()).toEqual({ accelerator: 'kvm' })
    expect(starts()).toEqual(['host'])
  })

  it('is KVM without arch-capabilities if guests start only with that', async () => {
    fakeQemu("(cpu) => cpu.includes('arch-capabilities=off')")
    const { accelerator, why } = await (await load()).findAcceleration()
    expect([accelerator, why]).toEqual(['kvm,arch-capabilities=off', 'kvm: failed to set MSR 0x10a to 0x69'])
  })

  it('is emulation if no guest runs with KVM, and the next build tests again', async () => {
    fakeQemu('() => false')
    const failed = 'failed to set MSR 0x10a to 0x69'
    expect(await (await load()).findAcceleration()).toMatchObject({
      accelerator: 'tcg',
      why: `kvm: ${failed}; kvm,arch-capabilities=off: ${failed}`,
    })
    await (await load()).findAcceleration()
    expect(starts()).toEqual(['host', 'host,arch-capabilities=off', 'host', 'host,arch-capabilities=off'])
  })

  it('is the next slower one after it failed to start a machine, and is not stored', async () => {
    fakeQemu('() => true')
    const one = await load()
    await one.findAcceleration()
    one.rejectAccelerator('kvm', 'it aborted')
    expect(await one.findAcceleration()).toMatchObject({
      accelerator: 'kvm,arch-capabilities=off',
      why: 'kvm did not start a machine: it aborted',
    })
    one.rejectAccelerator('kvm,arch-capabilities=off', 'it aborted')
    expect(await one.findAccelerator()).toBe('tcg')
    await (await load()).findAcceleration()
    expect(starts()).toEqual(['host', 'host'])
  })
})
