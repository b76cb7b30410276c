import { execFileSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { findLatestGood } from '../../src/bake/promote.ts'
import { UsageError } from '../../src/core/errors.ts'
import { destroyVm, upVm } from '../../stacks/vm/machine.ts'

const family = 'linux-base'
const latest = await findLatestGood(family).catch(() => undefined)

describe.skipIf(!latest)('stacks/vm on the latest good image (skipped until linux-base was baked here)', () => {
  afterAll(() => destroyVm({ family }, AbortSignal.timeout(120_000)))

  it('runs a machine of that version, lets its key in, and keeps it when nothing changed', async () => {
    const first = await upVm({ family, memory: 512, user: 'root' }, AbortSignal.timeout(600_000))
    expect(first.version).toBe(latest?.version)
    expect(first.imageId).toBe(latest?.imageId)
    const [command = '', ...args] = [...first.login.split(' '), '-o', 'BatchMode=yes', 'cat', '/etc/os-release']
    expect(execFileSync(command, args, { encoding: 'utf8', timeout: 60_000 })).toContain('Debian')
    const again = await upVm({ family, memory: 512, user: 'root' }, AbortSignal.timeout(600_000))
    expect(again.port).toBe(first.port)
  })

  it('replaces the machine when what it is made of changes', async () => {
    const before = await upVm({ family, memory: 512, user: 'root' }, AbortSignal.timeout(600_000))
    const after = await upVm({ family, memory: 640, user: 'root' }, AbortSignal.timeout(600_000))
    expect(after.port).not.toBe(before.port)
  })
})

describe('stacks/vm without an image', () => {
  it('says that the family must be baked first, and makes nothing', async () => {
    const error = await upVm({ family: 'never-baked', memory: 512, user: 'root' }, AbortSignal.timeout(120_000)).catch(
      (thrown: unknown) => thrown,
    )
    expect(String(error)).toMatch(/"imageId"/)
    expect(error).toBeInstanceOf(UsageError)
  })
})
