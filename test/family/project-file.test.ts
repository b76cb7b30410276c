import { afterEach, describe, expect, test, vi } from 'vitest'
import { variables } from '../../src/core/environment.ts'
import { renderError } from '../../src/core/error-lines.ts'
import { listSettings, settingVariables, useProjectFile } from '../../src/family/project-file.ts'
import { projectSchema } from '../../src/family/project-schema.ts'
import { readFamily } from '../../src/family/read-family.ts'
import { expectSection } from '../docs/expect-section.ts'
import { familyFiles, makeProject } from './project.ts'

afterEach(() => vi.unstubAllEnvs())

/** A project with this bakehouse.yaml, and none of the variables that it could set. */
function projectWith(yaml: string, family = 'base: { debian: bookworm }\n'): ReturnType<typeof makeProject> {
  for (const variable of Object.values(settingVariables)) vi.stubEnv(variable, undefined)
  return makeProject({ ...familyFiles('web', family), 'bakehouse.yaml': yaml })
}

describe('bakehouse.yaml', () => {
  test('sets variables that are not set yet; paths are relative to the project', () => {
    using project = projectWith(
      'backend: file://state\nartifacts: logs\npassphraseFile: ~/secret\nparallel: 3\nsnapshots: false\nawsTags: { team: images, cost: "1" }\nplugins: { aws: tools/aws }\n',
    )
    vi.stubEnv('BAKEHOUSE_PARALLEL', '5')
    useProjectFile()
    expect(process.env).toMatchObject({
      PULUMI_BACKEND_URL: `file://${project.folder}/state`,
      BAKEHOUSE_ARTIFACTS: `${project.folder}/logs`,
      PULUMI_CONFIG_PASSPHRASE_FILE: `${process.env.HOME}/secret`,
      BAKEHOUSE_PARALLEL: '5',
      BAKEHOUSE_SNAPSHOTS: 'off',
      BAKEHOUSE_AWS_TAGS: 'team=images,cost=1',
      BAKEHOUSE_PLUGINS: `aws=${project.folder}/tools/aws`,
    })
    expect(process.env.BAKEHOUSE_GOSS).toBeUndefined()
  })

  test('is listed with the origin of each setting', () => {
    using _project = projectWith(
      'lockSeconds: 9\nparallel: 3\ndefaults: { aws: { regions: { eu-west-1: {} }, instanceType: m7i.large } }\n',
    )
    vi.stubEnv('BAKEHOUSE_PARALLEL', '5')
    const found = new Map(listSettings().map(({ name, value, from }) => [name, [value, from]]))
    expect(found.get('lockSeconds')).toEqual(['9', 'bakehouse.yaml'])
    expect(found.get('parallel')).toEqual(['5', 'environment'])
    expect(found.get('goss')).toEqual([undefined, 'default'])
    expect(found.get('defaults.aws.instanceType')).toEqual(['m7i.large', 'bakehouse.yaml'])
  })

  test('gives families settings that their own files do not have, key by key', async () => {
    using _project = projectWith(
      'defaults: { cloud: aws, machine: { cpus: 3, memory: 2048 }, configure: { refreshPackages: true } }\n',
      'base: { debian: bookworm }\ncloud: local\nmachine: { memory: 4096 }\n',
    )
    const { cloud, machine, configure } = await readFamily('web')
    expect([cloud, machine.cpus, machine.memory, configure.refreshPackages]).toEqual(['local', 3, 4096, true])
  })

  test.each([
    ['backnd: s3://a\n', 'bakehouse.yaml:1:1: ', 'backnd'],
    ['parallel: many\n', 'bakehouse.yaml:1:11: ', 'a whole number from 1'],
    ['defaults:\n  base: { debian: bookworm }\n', 'bakehouse.yaml:2:3: ', 'base'],
    ['defaults:\n  machine: { cpu: 2 }\n', 'bakehouse.yaml:2:14: ', 'cpus'],
    ['- a\n', 'bakehouse.yaml:1:1: ', 'expected a mapping'],
  ])('has a closed schema: %j', async (yaml, place, text) => {
    using _project = projectWith(yaml)
    const error = (await readFamily('web').catch((thrown: unknown) => thrown)) as Error & { hint?: string }
    expect(error.message).toContain(place)
    expect(renderError(error).lines[0]).toBe('error: a mistake in bakehouse.yaml')
    expect(`${error.message} ${error.hint}`).toContain(text)
    expect(useProjectFile).toThrow(place)
  })

  test.each(['', '# nothing yet\n'])('may set nothing: %j', async (yaml) => {
    using _project = projectWith(yaml)
    expect((await readFamily('web')).cloud).toBe('local')
  })

  test('has a setting for each variable of users, except the folder of the project, and docs/configuration.md lists them', () => {
    const users = Object.entries(variables).flatMap(([name, { audience }]) => (audience === 'user' ? [name] : []))
    const covered = Object.values(settingVariables)
    expect(users.filter((name) => name !== 'BAKEHOUSE_PROJECT' && !covered.includes(name))).toEqual([])
    const rows = Object.entries(settingVariables).map(([name, variable]) => {
      const { description = '' } = projectSchema.shape[name as keyof typeof settingVariables]
      return `| \`${name}\` | ${description} | \`${variable}\` |`
    })
    expectSection('configuration.md', 'settings', ['| setting | meaning | variable |', '| --- | --- | --- |', ...rows].join('\n'))
  })
})
