import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedactor } from '../../src/core/redact/redact.ts'
import { secretValues } from '../../src/family/secrets.ts'
import { findInstalled } from '../../src/guest/ansible/requirements.ts'
import { makeFamily } from '../helpers/family.ts'
import { vaultedLine } from '../helpers/vaulted.ts'
import { familyFiles, makeProject } from './project.ts'

/** Made by `ansible-vault encrypt` and `ansible-vault encrypt_string`, with the password `opensesame`. */
const file = `$ANSIBLE_VAULT;1.1;AES256
62656131666137386335393933343130383236343238623231393262663266633833366131393932
3036633139643735636435653038363736306535383335660a643862323335363438663538346536
64363463376266303236396165333339303538633637303535353637653861656566313739353864
3562303231323539380a656536346338303339643261353739656231336133633532656132346665
31313964306336303335383736303034373234393131343030383262626566336162616637663238
62363461646261383266386330633166636230666263343034353361353736393637633830626462
32366637626637366632303435313438306437303932323733356666356565313530393632383432
39613366336333323833656465666133666437376632636561353563363633383633376631623735
38373735383264383230326338363339316264326565313562343761643832346238356438376639
6364313465373731353932396635633266633834363836653634
`
const inline = `api_key: !vault |
          $ANSIBLE_VAULT;1.1;AES256
          63333434316433316462613837313766343061363765656230353539623937616364393831383336
          3333386536356439393265363263366433343332373131660a393261646532353735396334646133
          34383564346162663366376665653966393061343563396332396566373036383066363361623134
          3738653530663730620a306436666639653130376539356137376662356139616130643362623332
          6361
`

const folder = mkdtempSync(join(tmpdir(), 'bakehouse-vault-'))
beforeAll(() => {
  const files = {
    'group_vars/all/vault.yml': file,
    'host_vars/web.yml': `plain: value\n${inline}other: value\n`,
    'vars/damaged.yml': file.replace(/3/g, '4'),
    'vars/windows.yml': inline.replaceAll('\n', '\r\n'),
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const valuesWith = (vaultPassword: string | undefined): string[] =>
  secretValues({ variables: {}, vaultPassword }, makeFamily({}, { name: 'web', folder }))

it('values in vaulted files and single vaulted values are secrets of a family', () => {
  expect(valuesWith('opensesame').sort()).toEqual(
    ['opensesame', 's3cr3t "file"', 'first-token', '-----BEGIN KEY-----', 'MIIlineofkey', 'inline-s3cr3t'].sort(),
  )
})

it('a task that prints a vaulted value is redacted', () => {
  const { text } = createRedactor(valuesWith('opensesame'))
  expect(text('ok: [vm] => {"msg": "inline-s3cr3t, s3cr3t \\"file\\", true, 8080"}')).toBe(
    'ok: [vm] => {"msg": "[redacted], [redacted], true, 8080"}',
  )
})

it('nothing is decrypted with another password, or without one', () => {
  expect(valuesWith('another')).toEqual(['another'])
  expect(valuesWith(undefined)).toEqual([])
})

describe('vaulted values outside of the folder of the family', () => {
  const password = 'opensesame'
  const secret = vaultedLine('token', 'shared-s3cr3t', password)
  const play = (text: string): string => `- hosts: all\n${text}`
  const settings = { 'ansible.cfg': '[defaults]\nroles_path = common/roles:../elsewhere/roles\n' }
  const open = (files: Readonly<Record<string, string>>) =>
    makeProject(below('project', { ...familyFiles('web', ''), ...settings, ...files }))
  const find = (project: { readonly folder: string }, configure = {}): string[] => {
    const folder = join(project.folder, 'project/playbooks/web')
    return secretValues({ variables: {}, vaultPassword: password }, makeFamily({ configure }, { name: 'web', folder }))
  }

  it.each<[string, Record<string, string>]>([
    ['of all groups, of the project', { 'group_vars/all.yml': secret }],
    ['of all groups, beside the families', { 'playbooks/group_vars/all/vault': secret }],
    ['of a group whose name is a template', { 'common/group_vars/os_Debian.yml': secret }],
    ['of a host', { 'host_vars/web.yml': secret }],
    ['of a shared role', { 'playbooks/web/playbook.yml': play('  roles: [motd]\n'), 'common/roles/motd/defaults/main.yml': secret }],
    [
      'of a role outside of the project',
      { 'playbooks/web/playbook.yml': play('  roles: [motd]\n'), '../elsewhere/roles/motd/vars/main.yml': secret },
    ],
    [
      'of a role that another role uses',
      {
        'playbooks/web/playbook.yml': play('  roles: [motd]\n'),
        'common/roles/motd/meta/main.yml': 'dependencies: [words]\n',
        'common/roles/words/vars/main.yml': secret,
      },
    ],
    [
      'in a file of variables',
      { 'playbooks/web/playbook.yml': play('  vars_files: [../../common/vars.yml]\n'), 'common/vars.yml': secret },
    ],
    [
      'in a file whose name is a template',
      { 'playbooks/web/playbook.yml': play('  vars_files: ["../../secrets/{{ stage }}.yml"]\n'), 'secrets/test.yml': secret },
    ],
    [
      'of a playbook of another family',
      {
        'playbooks/web/playbook.yml': '- import_playbook: ../db/playbook.yml\n',
        'playbooks/db/playbook.yml': '[]',
        'playbooks/db/vars.yml': secret,
      },
    ],
  ])('are secrets: those %s', (_, files) => {
    using project = open(files)
    expect(find(project)).toContain('shared-s3cr3t')
  })

  it('are secrets if a link names their file or folder', () => {
    using project = open({ '../company/one.yml': secret, '../company/group_vars/all.yml': vaultedLine('key', 'other-s3cr3t', password) })
    const at = (path: string): string => join(project.folder, 'project', path)
    mkdirSync(at('playbooks/web/vars'))
    symlinkSync(at('../company/one.yml'), at('playbooks/web/vars/one.yml'))
    symlinkSync(at('../company/group_vars'), at('group_vars'))
    symlinkSync('nowhere', at('playbooks/web/vars/broken.yml'))
    expect(find(project)).toEqual(expect.arrayContaining(['shared-s3cr3t', 'other-s3cr3t']))
  })

  it('are secrets in a role that the requirements of the family installed', () => {
    using project = open({ 'playbooks/web/requirements.yml': 'roles: [{ name: motd, src: https://example.com/motd.git }]\n' })
    const configure = { requirements: 'requirements.yml' }
    const family = makeFamily({ configure }, { name: 'web', folder: join(project.folder, 'project/playbooks/web') })
    const before = process.env.XDG_CACHE_HOME
    process.env.XDG_CACHE_HOME = join(project.folder, 'cache')
    try {
      const vars = join(findInstalled(family)?.roles ?? '', 'motd/vars')
      expect(vars.startsWith(join(project.folder, 'cache'))).toBe(true)
      expect(find(project, configure)).toEqual([password])
      mkdirSync(vars, { recursive: true })
      writeFileSync(join(vars, 'main.yml'), secret)
      expect(find(project, configure)).toEqual([password, 'shared-s3cr3t'])
    } finally {
      if (before === undefined) delete process.env.XDG_CACHE_HOME
      else process.env.XDG_CACHE_HOME = before
    }
  })

  it('are not searched in families that this one does not use', () => {
    using project = open({ 'playbooks/db/vars.yml': secret })
    expect(find(project)).toEqual([password])
  })
})

function below<Content>(folder: string, files: Readonly<Record<string, Content>>): Record<string, Content> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [join(folder, path), text]))
}
