import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { UsageError } from '../../src/core/errors.ts'
import { renderJsonSchema, renderProjectSchema } from '../../src/family/json-schema.ts'
import { newFamilyFiles } from '../../src/family/new-family.ts'
import { listFamilies, readFamily } from '../../src/family/read-family.ts'
import { familyFiles, makeProject } from './project.ts'

const base = 'base: { debian: bookworm }\n'
const failure = async (name: string, options = {}): Promise<UsageError> => {
  const thrown = await readFamily(name, options).catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(UsageError)
  return thrown as UsageError
}

describe('a family', () => {
  test('needs only a base', async () => {
    using project = makeProject(familyFiles('tiny', base))
    const family = await readFamily('tiny')
    expect(family).toMatchObject({
      name: 'tiny',
      folder: join(project.folder, 'playbooks/tiny'),
      os: 'linux',
      cloud: 'local',
      machine: { cpus: 2, memory: 1024 },
      configure: { playbook: 'playbook.yml', strategy: 'mitogen', timeout: '60m' },
      login: { by: 'credential', user: 'root', transport: 'ssh' },
      verify: { clones: 1, reboot: false, suites: [] },
    })
  })

  test('has the base image of the section of its cloud, else the general one', async () => {
    using _project = makeProject(familyFiles('both', `${base}aws: { base: { ami: { owners: ['1'], name: debian-* } } }\n`))
    expect((await readFamily('both')).base).toEqual({ kind: 'debian', debian: 'bookworm', variant: 'standard' })
    expect((await readFamily('both', { cloud: 'aws' })).base).toMatchObject({ kind: 'ami', ami: { owners: ['1'], name: 'debian-*' } })
  })

  test('is an error with the place of a base that its cloud does not support', async () => {
    using _project = makeProject(familyFiles('both', `${base}aws:\n  base: { debian: bookworm }\n`))
    expect((await failure('both', { cloud: 'aws' })).message).toMatch(/family\.yaml:3:9: expected a base for the cloud aws .*, got debian/)
  })

  test('uses requirements.yml by default if the file exists', async () => {
    using _project = makeProject({ ...familyFiles('tiny', base), 'playbooks/tiny/requirements.yml': 'collections: []\n' })
    expect((await readFamily('tiny')).configure.requirements).toBe('requirements.yml')
  })

  test('of Windows has password login over PSRP and the linear strategy by default', async () => {
    using _project = makeProject(familyFiles('win', 'os: windows\ncloud: aws\nbase: { amiId: ami-12345678 }\n'))
    const { login, configure } = await readFamily('win')
    expect(login).toMatchObject({ by: 'password', user: 'Administrator', transport: 'psrp' })
    expect(configure.strategy).toBe('linear')
  })

  test('of Windows can use ssh', async () => {
    using _project = makeProject(familyFiles('win', 'os: windows\ncloud: aws\nbase: { amiId: ami-12345678 }\nlogin: { transport: ssh }\n'))
    expect((await readFamily('win')).login).toMatchObject({ transport: 'ssh', by: 'password' })
  })

  test('can be built on another cloud only with a base image for it', async () => {
    using _project = makeProject({ ...familyFiles('tiny', base), ...familyFiles('top', 'base: { family: tiny }\n') })
    expect((await readFamily('top', { cloud: 'aws' })).cloud).toBe('aws')
    expect((await failure('tiny', { cloud: 'aws' })).message).toContain('family.yaml:1:7: expected a base for the cloud aws')
    expect(await failure('tiny', { cloud: 'awz' })).toMatchObject({
      message: 'Expected a cloud (local, aws), got "awz"',
      hint: 'did you mean "aws"?',
    })
  })

  test('that does not exist has another error than a folder without family.yaml', async () => {
    using project = makeProject({ ...familyFiles('linux-base', base), 'playbooks/half/playbook.yml': '' })
    expect(await failure('linux-bse')).toMatchObject({
      message: 'Expected a family (linux-base), got "linux-bse"',
      hint: 'did you mean "linux-base"?',
    })
    expect((await failure('half')).message).toContain(`${join(project.folder, 'playbooks/half')} has no family.yaml`)
  })

  test.each(['../etc', '', 'Linux', 'a/b', '-x', 'x'.repeat(64)])('cannot have the name %j', async (name) => {
    using _project = makeProject({})
    expect((await failure(name)).message).toContain('Expected the name of a family')
  })

  test('in a circle of parent families is an error that prints the circle', async () => {
    using _project = makeProject({ ...familyFiles('a', 'base: { family: b }\n'), ...familyFiles('b', 'base: { family: a }\n') })
    expect((await failure('a')).message).toContain('a → b → a')
  })

  test('whose playbook is a broken link is an error that says so', async () => {
    using project = makeProject({ 'playbooks/tiny/family.yaml': base })
    symlinkSync('gone.yml', join(project.folder, 'playbooks/tiny/playbook.yml'))
    expect((await failure('tiny')).message).toContain(
      'expected configure.playbook to be a file in the family folder, got playbook.yml, which is a symbolic link to a missing file',
    )
  })

  test('with a mistake does not hide other families', async () => {
    using _project = makeProject({ ...familyFiles('bad', 'os: linux\n'), ...familyFiles('good', base) })
    expect(await listFamilies()).toMatchObject([
      { name: 'bad', error: { message: expect.stringContaining('expected base') } },
      { name: 'good', family: { name: 'good' } },
    ])
  })

  test.each([undefined, 'under'])('that init created is valid (base: %s)', async (under) => {
    using project = makeProject(familyFiles('under', base))
    for (const [path, text] of Object.entries(newFamilyFiles('fresh', under))) project.write(`playbooks/fresh/${path}`, text)
    const family = await readFamily('fresh')
    const { base: onAws } = await readFamily('fresh', { cloud: 'aws' })
    expect(onAws.kind).toBe(under === undefined ? 'ami' : 'family')
    expect(family.verify.suites).toMatchObject([{ verifier: 'goss', file: 'verify/goss.yaml' }])
    expect(parse(newFamilyFiles('fresh', under)['playbook.yml'] ?? '')).toHaveLength(1)
  })
})

describe('the JSON Schema for editors', () => {
  test('is up to date with the schema of the program (else: npm run schema)', async () => {
    await expect(renderJsonSchema()).toMatchFileSnapshot('../../schema/family.schema.json')
    await expect(renderProjectSchema()).toMatchFileSnapshot('../../schema/project.schema.json')
  })
})
