import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { run, runTool } from '../../src/core/exec.ts'
import { cacheFolder, sourceFolder } from '../../src/core/paths.ts'
import { readQemu } from '../../src/core/tools.ts'
import { makeProject } from '../helpers/project.ts'
import { tinyFamily } from '../helpers/tiny-family.ts'

const project = makeProject(tinyFamily('tiny'))
afterAll(() => project[Symbol.asyncDispose](), 120_000)

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')
const madeNothing = (): boolean =>
  !['builds', 'images', 'instances'].some(
    (name) => existsSync(join(project.home, name)) && readdirSync(join(project.home, name)).length > 0,
  )

function withBase(name: string, image: string, digest: string): void {
  project.write(tinyFamily(name, { family: `base: {image: ${image}, sha256: ${digest}}\n` }))
}

describe('a build stops before it creates anything', { timeout: 240_000 }, () => {
  it('if the family does not exist, and suggests a similar name', async () => {
    const { exitCode, outcome } = await project.bake('tinny')
    expect(exitCode).toBe(2)
    expect(outcome.error?.message).toContain('tinny')
    expect(`${outcome.error?.message} ${outcome.error?.hint}`).toContain('tiny')
    expect(madeNothing()).toBe(true)
  })

  it('if the playbook does not exist, and names the line in family.yaml', async () => {
    project.write({ 'lost/family.yaml': 'base: {debian: bookworm}\nconfigure:\n  playbook: absent.yml\n' })
    const { exitCode, outcome } = await project.bake('lost')
    expect(exitCode).toBe(2)
    expect(outcome.error?.message).toMatch(/lost\/family\.yaml:3:\d+: .*absent\.yml/)
    expect(madeNothing()).toBe(true)
  })

  it('if the base image has another digest, and prints both digests', async () => {
    const disk = join(project.folder, 'disk.qcow2')
    await runTool(readQemu().img, ['create', '-q', '-f', 'qcow2', disk, '64M'])
    withBase('other', disk, 'a'.repeat(64))
    const { exitCode, outcome } = await project.bake('other')
    expect(exitCode).toBe(2)
    expect(outcome.error?.message).toContain('a'.repeat(64))
    expect(outcome.error?.message).toContain(sha256(disk))
    expect(madeNothing()).toBe(true)
  })

  it('if the base image is damaged', async () => {
    const disk = join(project.folder, 'damaged.qcow2')
    await runTool(readQemu().img, ['create', '-q', '-f', 'qcow2', disk, '64M'])
    const bytes = readFileSync(disk)
    bytes.fill(0xff, 24, 60)
    writeFileSync(disk, bytes)
    withBase('damaged', disk, sha256(disk))
    const { exitCode, outcome } = await project.bake('damaged')
    expect(exitCode).toBe(2)
    expect(outcome.error?.message).toContain('damaged.qcow2')
    expect(madeNothing()).toBe(true)
  })

  it('if the base image does not exist', async () => {
    withBase('gone', '/nowhere/gone.qcow2', 'b'.repeat(64))
    const { exitCode, outcome } = await project.bake('gone')
    expect(exitCode).toBe(2)
    expect(outcome.error?.message).toContain('/nowhere/gone.qcow2')
  })

  it('if the parent family has no image, and prints the command that builds it', async () => {
    project.write(tinyFamily('upper', { family: 'base: {family: tiny}\n' }))
    const { exitCode, outcome } = await project.bake('upper')
    expect(exitCode).toBe(2)
    expect(outcome.error?.hint).toContain('--family tiny')
  })

  it('if the variable of a secret is not set, and names the variable', async () => {
    project.write(tinyFamily('secretive', { family: 'base: {debian: bookworm}\nconfigure: {secrets: {token: {env: NOT_SET_ANYWHERE}}}\n' }))
    const { exitCode, outcome } = await project.bake('secretive')
    expect(exitCode).toBe(2)
    expect(outcome.error?.message).toContain('NOT_SET_ANYWHERE')
    expect(madeNothing()).toBe(true)
  })

  it('if the disk is full, with exit code 3, the folder and the needed space', async () => {
    const disk = join(project.folder, 'big.qcow2')
    await runTool(readQemu().img, ['create', '-q', '-f', 'raw', disk, '96M'])
    withBase('big', disk, 'c'.repeat(64))
    // In its own mount namespace, the folder of base images is a file system of 32 MiB. The rest of the cache is unchanged.
    const cache = join(cacheFolder(), 'base')
    const command = `mkdir -p ${cache} && mount -t tmpfs -o size=32m tmpfs ${cache} && exec "$@"`
    const bake = [process.execPath, join(sourceFolder(), 'bake.ts'), '--family', 'big', '--json']
    const result = await run('unshare', ['-rm', 'sh', '-c', command, 'sh', ...bake], { env: project.env })
    expect(result.exitCode, result.stderr).toBe(3)
    expect(JSON.parse(result.stdout).error.message).toMatch(/needs .*base.* free/)
    expect(madeNothing()).toBe(true)
  })
})
