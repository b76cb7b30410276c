import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../../src/core/exec.ts'
import { openPrivateFolder, renderVariables } from '../../../src/guest/ansible/private-folder.ts'
import { ansibleEnvironment, settingsOf } from '../../../src/guest/ansible/settings.ts'
import { findCause, parseTaskEvents, type TaskEnd } from '../../../src/guest/ansible/task-events.ts'
import { findVenv } from '../../../src/guest/ansible/venv.ts'
import { reportTasks } from '../../../src/verify/ansible.ts'

const venv = venvOrNone()
const folder = mkdtempSync(join(tmpdir(), 'callback-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const secret = '{{ not a template }} "x" \u2028'

/** Runs a playbook on this computer. Returns the events of the callback plugin and the output of Ansible. */
async function play(name: string, tasks: string, strategy: 'linear' | 'mitogen' = 'linear') {
  const playbook = join(folder, `${name}.yml`)
  writeFileSync(
    playbook,
    `- hosts: localhost\n  connection: local\n  gather_facts: false\n  vars: {ansible_python_interpreter: /usr/bin/python3}\n  tasks:\n${tasks.replace(/^/gm, '    ')}\n`,
  )
  using files = openPrivateFolder({ count: 2 }, { variables: { canary: secret }, vaultPassword: undefined })
  const spec = { folder, venv: venv ?? '', strategy, tasksFile: files.tasksFile, vaultPasswordFile: undefined, installed: undefined }
  const result = await run(join(venv ?? '', 'bin/ansible-playbook'), ['-i', 'localhost,', '-e', `@${files.variablesFile}`, playbook], {
    cwd: folder,
    env: {
      ...ansibleEnvironment(spec, settingsOf(folder)),
      ANSIBLE_LOCAL_TEMP: join(folder, 'tmp'),
      ANSIBLE_REMOTE_TEMP: join(folder, 'tmp'),
    },
  })
  const events = parseTaskEvents(readFileSync(files.tasksFile, 'utf8'))
  const ends = events.filter((event): event is TaskEnd => event.event === 'end')
  return { ...result, events, ends, mode: statSync(files.variablesFile).mode & 0o777, folder: files.variablesFile }
}

describe.skipIf(venv === undefined)('the callback plugin', () => {
  let all: Awaited<ReturnType<typeof play>>
  beforeAll(async () => {
    all = await play(
      'all',
      `
- name: Fine
  ansible.builtin.command: echo {{ count }}
- name: Not now
  ansible.builtin.command: "false"
  when: false
- name: Ignored
  ansible.builtin.command: "false"
  ignore_errors: true
- name: Guarded
  block:
    - name: Inside
      ansible.builtin.command: sh -c 'echo rescued >&2; exit 4'
  rescue:
    - name: Rescue
      ansible.builtin.debug:
        msg: saved
- name: Secretly
  ansible.builtin.command: sh -c 'echo "$C" >&2; exit 7'
  environment: {C: "{{ canary }}"}
  no_log: true
  ignore_errors: true
- name: Loop
  ansible.builtin.command: "test {{ item }} = 1"
  loop: [1, 2]
- name: Never reached
  ansible.builtin.debug:`,
    )
  })

  test('reports the start and the end of each task', () => {
    expect(
      all.ends.map(({ task, status, forgiven }) => [task, status, forgiven]),
      all.stderr,
    ).toEqual([
      ['Fine', 'changed', false],
      ['Not now', 'skipped', false],
      ['Ignored', 'failed', true],
      ['Inside', 'failed', true],
      ['Rescue', 'ok', false],
      ['Secretly', 'failed', true],
      ['Loop', 'failed', false],
    ])
    expect(all.events[0]).toEqual({ event: 'start', task: 'Fine' })
    expect(all.ends[0]?.ms).toBeGreaterThan(0)
    expect(all.ends[0]?.action).toBe('ansible.builtin.command')
  })

  test('the cause is the task that stopped the play, not an ignored or rescued one', () => {
    expect(all.exitCode).toBe(2)
    expect(findCause(all.ends)).toBe("task 'Loop' failed: exit code 1")
  })

  test('forgives a machine that is ignored while unreachable, and attempts before one that passes', async () => {
    const { ends, exitCode } = await play(
      'forgiven',
      `
- name: Retried
  ansible.builtin.shell: echo x >> tries; test $(wc -l < tries) -ge 2
  args: {chdir: ${folder}}
  register: tried
  until: tried is succeeded
  retries: 3
  delay: 0
- name: Elsewhere
  ansible.builtin.ping:
  vars: {ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 9}
  ignore_unreachable: true
- name: Fine
  ansible.builtin.command: "true"`,
    )
    expect(exitCode).toBe(0)
    expect(ends.map(({ task, status, forgiven }) => [task, status, forgiven])).toEqual([
      ['Retried', 'changed', false],
      ['Elsewhere', 'unreachable', true],
      ['Fine', 'changed', false],
    ])
    expect(findCause(ends)).toBeUndefined()
    const { cases, problem } = reportTasks(ends, undefined)
    expect(problem).toBeUndefined()
    expect(cases.map(({ status }) => status)).toEqual(['passed', 'skipped', 'passed'])
  })

  test('reports the output of a failed command', () => {
    expect(all.ends.find(({ task }) => task === 'Inside')?.message).toBe('exit code 4: rescued')
  })

  test('respects no_log', () => {
    expect(all.ends.find(({ task }) => task === 'Secretly')?.message).toBe('hidden by no_log')
    expect(JSON.stringify(all.events)).not.toContain('not a template')
  })

  test('passes variables in a file that only this user can read, and that is deleted afterwards', () => {
    expect(all.mode).toBe(0o600)
    expect(() => statSync(all.folder)).toThrow()
  })

  test('a secret that looks like a template is not expanded', async () => {
    const { stdout, exitCode } = await play('unsafe', '- ansible.builtin.debug:\n    var: canary')
    expect(stdout).toContain('{{ not a template }}')
    expect(exitCode).toBe(0)
  })

  test('works with Mitogen, and suppresses its known warning', async () => {
    const { ends, stdout, stderr } = await play('mitogen', '- name: Hello\n  ansible.builtin.command: echo hi', 'mitogen')
    expect(ends, stdout).toMatchObject([{ task: 'Hello', status: 'changed' }])
    expect(stdout + stderr).not.toContain('DEPRECATION')
  })
})

test('reports a machine that cannot be reached as unreachable', () => {
  const end = { event: 'end', task: 'Ping', action: 'ping', status: 'unreachable', ms: 1, message: 'timed out', forgiven: false } as const
  expect(findCause([end])).toBe("the machine could not be reached in task 'Ping': timed out")
})

test('writes variables as YAML, and secrets as text that is not a template', () => {
  expect(renderVariables({ 'a b': [1, { c: null }] }, { s: 'x"\u0085' })).toBe('"a b": [1,{"c":null}]\n"s": !unsafe "x\\"\\u0085"\n')
  expect(renderVariables({}, {})).toBe('{}\n')
})

/** Without Ansible, these tests are skipped. */
function venvOrNone(): string | undefined {
  try {
    return findVenv()
  } catch {
    return undefined
  }
}
