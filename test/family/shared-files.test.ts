import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { computeInputsDigest } from '../../src/family/digest.ts'
import { readFamily } from '../../src/family/read-family.ts'
import { findSharedFiles } from '../../src/family/shared-files.ts'
import { familyFiles, makeProject } from './project.ts'

const yaml = 'base: { debian: bookworm }\n'
const play = (text: string): string => `- hosts: all\n${text}`
const settings = '[defaults]\nroles_path = ../../common/roles:~/.ansible/roles\ncollections_path = ../../common/collections\n'

/** Two families that share roles, a collection, variables and tasks. */
const files: Readonly<Record<string, string>> = {
  ...familyFiles('web', yaml),
  'playbooks/web/ansible.cfg': settings,
  'playbooks/web/playbook.yml': play(`  vars_files: ["{{ playbook_dir }}/../../common/vars/all.yml"]
  roles: [nginx, company.tools.motd]
  tasks:
    - ansible.builtin.include_tasks: ../../common/tasks/users.yml
`),
  ...familyFiles('db', yaml),
  'playbooks/db/ansible.cfg': settings,
  'playbooks/db/playbook.yml': play('  roles: [postgresql]\n'),
  'common/roles/nginx/meta/main.yml': 'dependencies: [tls]\n',
  'common/roles/nginx/templates/site.conf.j2': 'server {}',
  'common/roles/tls/tasks/main.yml': '[]',
  'common/roles/postgresql/tasks/main.yml': '[]',
  'common/collections/ansible_collections/company/tools/galaxy.yml': 'name: tools\n',
  'common/collections/ansible_collections/company/other/galaxy.yml': 'name: other\n',
  'common/vars/all.yml': 'port: 80\n',
  'common/tasks/users.yml': '- ansible.builtin.import_tasks: ../tasks/groups.yml\n',
  'common/tasks/groups.yml': '[]',
  'common/README.md': 'not used',
}

describe('the shared files of a family', () => {
  test('are the roles, collections and files that it uses, directly or through others', () => {
    using project = makeProject(files)
    expect(findSharedFiles(join(project.folder, 'playbooks/web'))).toEqual([
      'common/collections/ansible_collections/company/tools/galaxy.yml',
      'common/roles/nginx/meta/main.yml',
      'common/roles/nginx/templates/site.conf.j2',
      'common/roles/tls/tasks/main.yml',
      'common/tasks/groups.yml',
      'common/tasks/users.yml',
      'common/vars/all.yml',
    ])
    expect(findSharedFiles(join(project.folder, 'playbooks/db'))).toEqual(['common/roles/postgresql/tasks/main.yml'])
  })

  test.each([
    ['common/roles/tls/tasks/main.yml', ['web']],
    ['common/roles/postgresql/tasks/main.yml', ['db']],
    ['common/vars/all.yml', ['web']],
    ['common/README.md', []],
  ])('change the input hash of the families that use them, and of no other: %s', async (path, expected) => {
    using project = makeProject(files)
    const digests = async (): Promise<string[]> =>
      Promise.all(['web', 'db'].map(async (name) => computeInputsDigest(await readFamily(name), { id: 'b', name: 'b', digest: 'b' }, {})))
    const before = await digests()
    project.write(path, '- changed: true\n')
    const after = await digests()
    expect(['web', 'db'].filter((_name, index) => before[index] !== after[index])).toEqual(expected)
  })

  test('are the settings and variables that Ansible reads for it, and the tests in common/ that it names', () => {
    using project = makeProject({
      ...familyFiles('web', `${yaml}verify: { suites: [{ goss: ../../common/verify/base.yaml }] }\n`),
      ...familyFiles('db', yaml),
      'playbooks/db/playbook.yml': play('  tasks:\n    - ansible.builtin.group_by: { key: databases }\n'),
      'playbooks/db/ansible.cfg': '',
      'ansible.cfg': '[defaults]\nroles_path = common/roles\n',
      'group_vars/all/main.yml': 'user: "{{ shared_user }}"\n',
      'group_vars/databases.yml': '',
      'group_vars/windows.yml': '',
      'playbooks/group_vars/all.yml': '',
      'common/host_vars/web.yml': '',
      'common/host_vars/db.json': '{}',
      'common/verify/base.yaml': 'gossfile: { more.yaml: {} }\n',
      'common/verify/more.yaml': '',
    })
    const variables = ['group_vars/all/main.yml', 'playbooks/group_vars/all.yml']
    const suites = ['common/verify/base.yaml', 'common/verify/more.yaml']
    expect(findSharedFiles(join(project.folder, 'playbooks/web'))).toEqual(
      ['ansible.cfg', 'common/host_vars/web.yml', ...suites, ...variables].sort(),
    )
    expect(findSharedFiles(join(project.folder, 'playbooks/db'))).toEqual(
      ['common/host_vars/db.json', 'group_vars/databases.yml', ...variables].sort(),
    )
  })

  test('contain no role whose name is only a word of the files, unless a name of a role is a template', () => {
    using project = makeProject({
      ...familyFiles('web', yaml),
      'ansible.cfg': '[defaults]\nroles_path = common/roles\n',
      'common/roles/base/tasks/main.yml': '[]',
      'group_vars/base.yml': '',
    })
    const folder = join(project.folder, 'playbooks/web')
    expect(findSharedFiles(folder)).toEqual(['ansible.cfg'])
    project.write('playbooks/web/playbook.yml', play('  tasks:\n    - include_role: { name: "{{ role }}" }\n'))
    expect(findSharedFiles(folder)).toEqual(['ansible.cfg', 'common/roles/base/tasks/main.yml'])
  })

  test('are found in the search paths of the shared ansible.cfg, which are relative to its folder', () => {
    using project = makeProject({
      ...files,
      'playbooks/web/ansible.cfg': '[defaults]\n',
      'playbooks/ansible.cfg': '[defaults]\nroles_path = ../common/roles\n',
    })
    const [web, db] = ['web', 'db'].map((name) => findSharedFiles(join(project.folder, 'playbooks', name)))
    expect(web).not.toContain('common/roles/nginx/meta/main.yml')
    expect(db).toEqual(['common/roles/postgresql/tasks/main.yml'])
    rmSync(join(project.folder, 'playbooks/db/ansible.cfg'))
    expect(findSharedFiles(join(project.folder, 'playbooks/db'))).toEqual([
      'common/roles/postgresql/tasks/main.yml',
      'playbooks/ansible.cfg',
    ])
  })

  test('are never outside of the project, and never all of a folder around the family', () => {
    using project = makeProject({
      ...familyFiles('web', yaml),
      'playbooks/web/ansible.cfg': '[defaults]\nroles_path = /etc:../../../..:../..\n',
      'playbooks/web/playbook.yml': play('  roles: [passwd, playbooks, linked]\n  vars_files: [../, ../../, ../../../../../etc/passwd]\n'),
    })
    symlinkSync('/etc', join(project.folder, 'linked'))
    expect(findSharedFiles(join(project.folder, 'playbooks/web'))).toEqual([])
  })
})
