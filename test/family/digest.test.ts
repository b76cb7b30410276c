import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { computeInputsDigest } from '../../src/family/digest.ts'
import { readFamily } from '../../src/family/read-family.ts'
import { familyFiles, makeProject } from './project.ts'

const yaml = 'base: { debian: bookworm }\nconfigure:\n  secrets:\n    token: { env: TOKEN }\n'
const image = { id: 'base', name: 'base', digest: 'sha256:aa' }
const digest = async (base = image, extra: Record<string, string> = { pulumi: '3' }): Promise<string> =>
  computeInputsDigest(await readFamily('tiny'), base, extra)

type Change = readonly [string, (project: ReturnType<typeof makeProject>) => unknown]

const changing: Change[] = [
  ['a line of the playbook', ({ write }) => write('playbooks/tiny/playbook.yml', '- hosts: all\n  tasks: []\n')],
  ['a new file', ({ write }) => write('playbooks/tiny/files/motd', 'hello')],
  ['a new empty file', ({ write }) => write('playbooks/tiny/files/empty', '')],
  ['a file that becomes executable', ({ folder }) => chmodSync(join(folder, 'playbooks/tiny/verify/test_it.py'), 0o755)],
  ['the target of a link', ({ write }) => write('shared/role.yml', 'other')],
  ['a value of the family', ({ write }) => write('playbooks/tiny/family.yaml', `${yaml}machine: { cpus: 3 }\n`)],
]

const harmless: Change[] = [
  ['a cache of Python', ({ write }) => write('playbooks/tiny/verify/__pycache__/test_it.cpython-311.pyc', 'x')],
  ['a cache of pytest', ({ write }) => write('playbooks/tiny/.pytest_cache/v/lastfailed', 'x')],
  ['a backup file of an editor', ({ write }) => write('playbooks/tiny/playbook.yml~', 'x')],
  ['another family', ({ write }) => write('playbooks/other/family.yaml', 'x')],
  ['the value of a secret', () => Object.assign(process.env, { TOKEN: 'another' })],
  ['a link to its own folder', ({ folder }) => symlinkSync('.', join(folder, 'playbooks/tiny/self'))],
]

const tiny = (): ReturnType<typeof makeProject> => {
  const project = makeProject({ ...familyFiles('tiny', yaml), 'shared/role.yml': 'x' })
  symlinkSync('../../shared', join(project.folder, 'playbooks/tiny/roles'))
  return project
}

describe('the input hash', () => {
  test.each(changing)('changes with %s', async (_what, change) => {
    using project = tiny()
    const before = await digest()
    change(project)
    expect(await digest()).not.toBe(before)
  })

  test.each(harmless)('does not change with %s', async (_what, change) => {
    using project = tiny()
    const before = await digest()
    change(project)
    expect(await digest()).toBe(before)
  })

  test('changes with the base image and with the tools, but not with their order', async () => {
    using _project = tiny()
    const before = await digest()
    expect(await digest({ ...image, digest: 'sha256:bb' })).not.toBe(before)
    expect(await digest(image, { pulumi: '4' })).not.toBe(before)
    expect(await digest(image, { a: '1', b: '2' })).toBe(await digest(image, { b: '2', a: '1' }))
  })

  test('is the same in another folder', async () => {
    using _first = tiny()
    const before = await digest()
    using _second = tiny()
    expect(await digest()).toBe(before)
  })
})
