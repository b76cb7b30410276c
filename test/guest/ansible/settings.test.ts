import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isWithin } from '../../../src/core/dotted-version.ts'
import { runTool } from '../../../src/core/exec.ts'
import { renderInventory, renderSshArguments, sshVariables } from '../../../src/guest/ansible/inventory.ts'
import { playbookArguments } from '../../../src/guest/ansible/playbook.ts'
import { parseRequirements } from '../../../src/guest/ansible/requirements.ts'
import { type AnsibleSpec, ansibleEnvironment, parseSettings, settingsOf } from '../../../src/guest/ansible/settings.ts'
import type { Connection } from '../../../src/guest/ssh/ssh.ts'

const folder = mkdtempSync(join(tmpdir(), 'settings-test-'))
const venv = join(folder, 'venv')
mkdirSync(venv)
writeFileSync(join(venv, 'pyvenv.cfg'), 'home = /usr/bin\nversion = 3.12.1\n')
afterAll(() => rmSync(folder, { recursive: true }))

const spec: AnsibleSpec = { folder, venv, strategy: 'mitogen', tasksFile: '/t', vaultPasswordFile: undefined, installed: undefined }
const nothing = () => undefined

describe('ansibleEnvironment', () => {
  test('uses Mitogen from the Python environment of Ansible', () => {
    const env = ansibleEnvironment(spec, nothing)
    expect(env.ANSIBLE_STRATEGY).toBe('mitogen_linear')
    expect(env.ANSIBLE_STRATEGY_PLUGINS).toBe(join(venv, 'lib/python3.12/site-packages/ansible_mitogen/plugins/strategy'))
  })

  test('sets no strategy if the family has the strategy linear', () => {
    const env = ansibleEnvironment({ ...spec, strategy: 'linear' }, nothing)
    expect(env).not.toHaveProperty('ANSIBLE_STRATEGY')
    expect(env.ANSIBLE_PIPELINING).toBe('True')
  })

  test('extends the lists of folders of the family', () => {
    writeFileSync(
      join(folder, 'ansible.cfg'),
      '[defaults]\ncallback_plugins = ./mine:~/theirs\ngathering = explicit ; why\n# timeout = 3\n',
    )
    const env = ansibleEnvironment(spec, settingsOf(folder, {}))
    expect(env.ANSIBLE_CALLBACK_PLUGINS).toMatch(/callback_plugins:.*\/mine:~\/theirs$/)
    expect(env).not.toHaveProperty('ANSIBLE_GATHERING')
    expect(env.ANSIBLE_TIMEOUT).toBe('60')
  })

  test('a setting in the environment has precedence over ansible.cfg', () => {
    const found = settingsOf(folder, { ANSIBLE_GATHERING: 'implicit' })('defaults', 'gathering', 'ANSIBLE_GATHERING')
    expect(found?.text).toBe('implicit')
  })

  test('always checks host keys, even if ansible.cfg disables that', () => {
    expect(ansibleEnvironment(spec, () => ({ text: 'False', folder })).ANSIBLE_HOST_KEY_CHECKING).toBe('True')
  })
})

test('parseSettings reads sections, comments and both separators', () => {
  const text = '[defaults]\nA_b = 1 # one\n; c = 2\n[ssh_connection]\nargs: -o X=y\n'
  expect([...parseSettings(text)]).toEqual([
    ['defaults.a_b', '1'],
    ['ssh_connection.args', '-o X=y'],
  ])
})

test('playbookArguments contains the name of the variables file, never values', () => {
  const inventories = ['/s/i.json', '/b/i.json']
  const args = playbookArguments({ playbook: '/f/p.yml', inventories, variablesFile: '/dev/shm/v.yml', become: true })
  expect(args).toEqual(['--inventory', '/s/i.json', '--inventory', '/b/i.json', '--extra-vars', '@/dev/shm/v.yml', '--become', '/f/p.yml'])
})

test('the inventory has one host, the connection of the step, and a fixed interpreter', () => {
  const options = ['-F', 'none', '-o', 'ControlPath="/tmp/a b"', '-p', '22', '-l', 'root']
  const connection = { host: { address: '1.2.3.4', port: 22, user: 'root' }, options } as unknown as Connection
  expect(JSON.parse(renderInventory('web', sshVariables(connection)))).toEqual({
    all: {
      hosts: {
        web: {
          ansible_connection: 'ssh',
          ansible_host: '1.2.3.4',
          ansible_port: 22,
          ansible_user: 'root',
          ansible_ssh_args: `-F none -o 'ControlPath="/tmp/a b"'`,
          ansible_python_interpreter: '/usr/bin/python3',
        },
      },
    },
  })
})

test.each(['one two', "it's", 'a "b"', 'Bücher', '100%', '#1', 'a,b', '$5'])(
  'Ansible passes the paths of a build in the folder %s unchanged to ssh',
  async (name) => {
    const option = `IdentityFile="/builds/${name}/key"`
    const text = renderSshArguments(['-F', 'none', '-o', option])
    expect(await runTool('python3', ['-c', 'import shlex, sys; print(shlex.split(sys.argv[1])[-1])', text])).toBe(`${option}\n`)
  },
)

describe('requirements', () => {
  test('parses both forms of requirements.yml', () => {
    const text =
      'collections:\n  - name: ansible.posix\n    version: 1.6.2\n  - community.general:>=9\nroles:\n  - src: git+https://x/y.git\n    name: y\n'
    expect(parseRequirements(text)).toEqual([
      { kind: 'collection', name: 'ansible.posix', version: '1.6.2' },
      { kind: 'collection', name: 'community.general', version: '>=9' },
      { kind: 'role', name: 'y', version: '*' },
    ])
    expect(parseRequirements('- src: geerlingguy.ntp\n')).toEqual([{ kind: 'role', name: 'geerlingguy.ntp', version: '*' }])
    expect(parseRequirements('')).toEqual([])
  })

  test.each([['collections: ansible.posix'], ['collections:\n  - version: 1']])('refuses %j', (text) => {
    expect(() => parseRequirements(text)).toThrow(/requirements.yml: expected/)
  })

  test.each([
    ['1.6.2', '1.6.2', true],
    ['1.6.2', '==1.6.3', false],
    ['1.10.0', '>=1.9', true],
    ['1.10.0', '>=1.9,<1.10', false],
    ['2.0.0', '!=2.0.0', false],
    ['3.1', '*', true],
    ['3.1', '>3.1', false],
    ['3.1', '~3', false],
  ])('version %s is within %s: %s', (version, range, answer) => {
    expect(isWithin(version, range)).toBe(answer)
  })
})
