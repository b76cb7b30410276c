import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UsageError } from '../../src/core/errors.ts'
import { destroyVm, upVm } from '../../stacks/vm/machine.ts'
import { makeProject } from '../helpers/project.ts'
import { tinyFamily } from '../helpers/tiny-family.ts'

const family = 'tiny'
const project = makeProject(tinyFamily(family))
const up = () => upVm({ family, memory: 512, user: 'root' }, AbortSignal.timeout(600_000))

describe('stacks/vm', () => {
  beforeAll(() => {
    Object.assign(process.env, { BAKEHOUSE_PROJECT: project.folder, BAKEHOUSE_HOME: project.home })
  })
  afterAll(async () => {
    await destroyVm({ family }, AbortSignal.timeout(120_000))
    await project[Symbol.asyncDispose]()
    delete process.env.BAKEHOUSE_PROJECT
    delete process.env.BAKEHOUSE_HOME
  }, 300_000)

  it('creates nothing and prints the build command if the family has no image', async () => {
    const error = await up().catch((thrown: unknown) => thrown)
    expect(String(error)).toMatch(/"imageId"/)
    expect(error).toBeInstanceOf(UsageError)
  })

  it('starts a machine that accepts its key, keeps it if nothing has changed, and replaces it after a new build', async () => {
    const { outcome } = await project.bake(family)
    const first = await up()
    expect([first.version, first.imageId]).toEqual([outcome.version, outcome.imageId])
    const [command = '', ...args] = [...first.login.split(' '), '-o', 'BatchMode=yes', 'cat', '/etc/tiny']
    expect(execFileSync(command, args, { encoding: 'utf8', timeout: 120_000 })).toBe('baked')
    const again = await up()
    expect(again.port, 'nothing changed').toBe(first.port)

    const { outcome: next } = await project.bake(family)
    const after = await up()
    expect(after.version).toBe(next.version)
    expect(after.version).not.toBe(first.version)
  })
})
