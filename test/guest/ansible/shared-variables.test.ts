import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../../src/core/exec.ts'
import { playbookArguments } from '../../../src/guest/ansible/playbook.ts'
import { openPrivateFolder } from '../../../src/guest/ansible/private-folder.ts'
import { listVariableRoots } from '../../../src/guest/ansible/project-folders.ts'
import { ansibleEnvironment, settingsOf } from '../../../src/guest/ansible/settings.ts'
import { parseTaskEvents } from '../../../src/guest/ansible/task-events.ts'
import { findVenv } from '../../../src/guest/ansible/venv.ts'
import { familyFiles, makeProject } from '../../family/project.ts'

const venv = findVenv()
const variables = (value: string, names: string): string => `{ ${[...names].map((name) => `${name}: ${value}`).join(', ')} }\n`

const files = {
  ...familyFiles('web', 'base: { debian: bookworm }\n'),
  'ansible.cfg': '[defaults]\nroles_path = common/roles\n',
  'group_vars/all.yml': variables('project', 'abcd'),
  'common/group_vars/all/main.yml': variables('common', 'bcd'),
  'playbooks/group_vars/all.json': '{ "c": "playbooks", "d": "playbooks" }',
  'playbooks/web/group_vars/all.yml': variables('family', 'd'),
  'host_vars/web.yml': variables('web', 'e'),
  'host_vars/db.yml': variables('db', 'e'),
  'common/roles/words/tasks/main.yml': '- name: "{{ [a, b, c, d, e] | join(\' \') }}"\n  ansible.builtin.debug:\n',
  'playbooks/web/playbook.yml': '- hosts: all\n  gather_facts: false\n  roles: [words]\n',
}

test('Ansible reads the variables and settings of a project; those nearer to the family have precedence', async () => {
  using project = makeProject(files)
  const folder = join(project.folder, 'playbooks/web')
  const build = mkdtempSync(join(tmpdir(), 'bakehouse-test-'))
  try {
    const inventory = join(build, 'inventory.json')
    writeFileSync(inventory, JSON.stringify({ all: { hosts: { web: { ansible_connection: 'local' } } } }))
    using opened = openPrivateFolder({}, { variables: {}, vaultPassword: undefined }, listVariableRoots(folder))
    const { variablesFile, tasksFile, inventories } = opened
    const spec = { folder, venv, strategy: 'linear', tasksFile, vaultPasswordFile: undefined, installed: undefined } as const
    const playbook = join(folder, 'playbook.yml')
    const args = playbookArguments({ playbook, inventories: [...inventories, inventory], variablesFile, become: false })
    const { exitCode, stdout, stderr } = await run(join(spec.venv, 'bin/ansible-playbook'), args, {
      cwd: folder,
      env: { ...ansibleEnvironment(spec, settingsOf(folder)), ANSIBLE_LOCAL_TEMP: build },
    })
    expect(exitCode, stdout).toBe(0)
    expect(stderr, 'no warning about inventories without hosts').toBe('')
    const tasks = parseTaskEvents(readFileSync(tasksFile, 'utf8')).flatMap((event) => (event.event === 'end' ? event.task : []))
    expect(tasks).toEqual([expect.stringContaining('project common playbooks family web')])
  } finally {
    rmSync(build, { recursive: true })
  }
})
