import { expect, test } from 'vitest'
import { findRoleNames } from '../../src/family/role-names.ts'

test.each([
  ['- hosts: all\n  roles: [base, { role: web, port: 80 }, { name: db }]\n', ['base', 'web', 'db']],
  ['- hosts: all\n  roles:\n    - company.tools.motd\n', ['company.tools.motd']],
  ['- ansible.builtin.include_role: { name: web }\n- import_role:\n    name: db\n    tasks_from: x\n', ['web', 'db']],
  ['- block:\n    - include_role: name=web tasks_from=more\n', ['web']],
  ['dependencies:\n  - tls\n  - { role: users }\n', ['tls', 'users']],
  ['- hosts: all\n  vars: { secret: !vault "x", raw: !unsafe "{{" }\n  roles: [web]\n---\n- hosts: all\n  roles: [db]\n', ['web', 'db']],
  ['- include_role: { name: "{{ item }}" }\n  loop: [web]\n', [undefined]],
  ['- action: include_role name=web\n', [undefined]],
  ['- roles: [', [undefined]],
  ['base: { debian: bookworm }\nverify: {}\n', []],
  ['# roles\n', []],
])('finds the roles in %j', (text, names) => {
  expect(findRoleNames(text)).toEqual(names)
})
