import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { findVenv } from '../../src/guest/ansible/venv.ts'
import { makeStepFolder, readAll, type StepFolder } from '../helpers/step-folder.ts'
import { vaultedLine } from '../helpers/vaulted.ts'

const ansible = join(findVenv(), 'bin/ansible-playbook')
const password = 'opensesame'
const play = (tasks: string): string => `- hosts: all\n  gather_facts: false\n${tasks}`

/** A build folder whose family runs the real Ansible. The folder around the family is that of all families. */
function makeFolder(files: Readonly<Record<string, string>>): StepFolder {
  const made = makeStepFolder()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(made.path, path)), { recursive: true })
    writeFileSync(join(made.path, path), text)
  }
  made.script('bin/ssh', 'cat >/dev/null; echo "machine-id 1234"')
  made.script('venv/bin/ansible-playbook', `exec '${ansible}' "$@"`)
  return made
}

async function configure(made: StepFolder, more: object = {}): Promise<string> {
  made.request({ configure: { become: false, vaultPassword: { env: 'VAULT' }, ...more } })
  const env = { VAULT: password, XDG_CACHE_HOME: join(made.path, 'cache') }
  const { json, stderr } = await made.step('configure', env)
  const log = readFileSync(join(made.path, 'logs/configure.log'), 'utf8')
  expect(json?.status, `${json?.cause}\n${stderr}\n${log}`).toBe('ok')
  return log
}

test('a vaulted value that all families share is redacted in the log and in names of tasks', async () => {
  using made = makeFolder({
    'group_vars/all/vault.yml': vaultedLine('token', 'shared-s3cr3t', password),
    'family/playbook.yml': play(`  tasks:
    - name: Use {{ token }}
      ansible.builtin.debug: { msg: "{{ token }} and {{ token }}" }
`),
  })
  const log = await configure(made)
  expect(log).toContain('"msg": "[redacted] and [redacted]"')
  const written = readAll(made.files())
  expect(written).toContain('Use [redacted]')
  expect(written).not.toContain('s3cr3t')
}, 60_000)

test('a vaulted value of a role that this build installs is redacted too', async () => {
  using made = makeFolder({
    'family/requirements.yml': 'roles: [{ name: motd, src: https://example.com/motd.git }]\n',
    'family/playbook.yml': play('  roles: [motd]\n'),
    'downloaded/vars/main.yml': vaultedLine('token', 'role-s3cr3t', password),
    'downloaded/tasks/main.yml': '- ansible.builtin.debug: { var: token }\n',
  })
  made.script('venv/bin/ansible-galaxy', `for last; do :; done; cp -r '${made.path}/downloaded' "$last/motd"`)
  const log = await configure(made, { requirements: 'requirements.yml' })
  expect(log).toContain('"token": "[redacted]"')
  expect(log).not.toContain('role-s3cr3t')
}, 60_000)
