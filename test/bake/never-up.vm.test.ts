import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { runTool } from '../../src/core/exec.ts'
import { readQemu } from '../../src/core/tools.ts'
import { makeProject } from '../helpers/project.ts'
import { tinyFamily } from '../helpers/tiny-family.ts'

const project = makeProject({})
afterAll(() => project[Symbol.asyncDispose](), 300_000)

it('a build whose machine never accepts a login promotes nothing, and saves console and screenshot', async () => {
  const disk = join(project.folder, 'empty.qcow2')
  await runTool(readQemu().img, ['create', '-q', '-f', 'qcow2', disk, '64M'])
  const sha256 = createHash('sha256').update(readFileSync(disk)).digest('hex')
  project.write(tinyFamily('dead', { family: `base: {image: ${disk}, sha256: ${sha256}}\nlogin: {timeout: 15s}\nmachine: {disk: 1}\n` }))
  const { exitCode, outcome, stderr } = await project.bake('dead')
  expect([exitCode, outcome.status, outcome.error?.phase], stderr).toEqual([10, 'failed', 'base'])
  expect(stderr).toMatch(/^dead {2}base .* its (network is not up|ssh port does not answer) yet$/m)
  expect(outcome.error?.message).toMatch(/cannot log in to the machine: .* within 15 s/)
  expect(readdirSync(outcome.diagnosticsPath ?? '')).toEqual(expect.arrayContaining(['base-console.log', 'base-screen.png']))
  expect(JSON.parse((await project.outputs('dead')) ?? '')).toEqual({})
  for (const folder of ['instances', 'images']) {
    expect(existsSync(join(project.home, folder)) ? readdirSync(join(project.home, folder)) : []).toEqual([])
  }
})
