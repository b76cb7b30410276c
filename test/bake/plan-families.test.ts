import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { planFamilies } from '../../src/bake/plan-families.ts'
import { readInputs } from '../../src/bake/resolve.ts'
import { chooseCloud } from '../../src/cloud/clouds.ts'
import { runTool } from '../../src/core/exec.ts'
import { homeFolder } from '../../src/core/paths.ts'
import { readQemu } from '../../src/core/tools.ts'
import { readFamily } from '../../src/family/read-family.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'
import { promote } from '../../src/life/promote.ts'
import { familyFiles, makeProject } from '../family/project.ts'
import { sampleLatestGood } from '../helpers/latest-good.ts'

const tools = join(homeFolder(), 'tools.json')
const { signal } = new AbortController()
const names = ['web', 'broken', 'base']

let project: ReturnType<typeof makeProject>
beforeAll(async () => {
  project = makeProject({ ...familyFiles('web', 'base: { family: base }\n'), ...familyFiles('broken', 'base: { debian: 12 }\n') })
  mkdirSync(homeFolder(), { recursive: true })
  copyFileSync(tools, join(homeFolder(), 'tools.json'))
  const disk = join(project.folder, 'disk.qcow2')
  await runTool(readQemu().img, ['create', '-q', '-f', 'qcow2', disk, '64M'])
  const sha256 = createHash('sha256').update(readFileSync(disk)).digest('hex')
  const shared = { 'playbooks/base/ansible.cfg': '[defaults]\nroles_path = ../../roles\n', 'roles/motd/tasks/main.yml': '[]\n' }
  const files = { ...familyFiles('base', `base: { image: ${disk}, sha256: ${sha256} }\n`), ...shared }
  for (const [path, text] of Object.entries({ ...files, 'playbooks/base/playbook.yml': '- hosts: all\n  roles: [motd]\n' })) {
    project.write(path, text)
  }
}, 60_000)
afterAll(() => project[Symbol.dispose]())

const planned = async () => (await planFamilies(names, { signal })).map(({ family, needsBuild, why }) => [family, needsBuild, why])

/** Promotes an image with the inputs that the family has now. */
async function promoteNow(name: string, imageId: string): Promise<void> {
  const [engine, family] = await Promise.all([openProjectEngine(), readFamily(name)])
  const search = { progress: () => {}, warn: () => {}, signal }
  const { base, inputsDigest } = await readInputs({ family, cloud: await chooseCloud('local'), engine }, search)
  await promote(engine, sampleLatestGood({ family: name, imageId, inputsDigest, baseImage: base.name }), { signal })
}

it('says which families need a build and why, parent families first, with mistakes of families', { timeout: 240_000 }, async () => {
  const mistake = ['broken', undefined, expect.stringContaining('playbooks/broken/family.yaml:1:')]
  const none = 'it has no promoted image yet'
  expect(await planned()).toEqual([mistake, ['base', true, none], ['web', true, none]])
  await promoteNow('base', 'base-1')
  const current = 'its inputs are those of its latest good image'
  expect(await planned()).toEqual([mistake, ['base', false, current], ['web', true, none]])
  project.write('roles/motd/tasks/main.yml', '- ansible.builtin.debug: {}\n')
  const changed = 'its files, its settings or its tools changed'
  expect(await planned()).toEqual([mistake, ['base', true, changed], ['web', true, none]])
  await promote(await openProjectEngine(), sampleLatestGood({ family: 'web', imageId: 'web-1' }), { signal })
  expect(await planned()).toEqual([mistake, ['base', true, changed], ['web', true, 'its parent family base needs a build']])
})
