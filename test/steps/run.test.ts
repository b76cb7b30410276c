import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../src/core/exec.ts'
import { host, machineScript, makeStepFolder, type StepFolder, stepRunner } from '../helpers/step-folder.ts'

let made: StepFolder
let folder = ''
beforeEach(() => {
  made = makeStepFolder()
  folder = made.path
})
afterEach(() => made[Symbol.dispose]())

const request = (configure: object = {}): void => made.request({ configure })
const script: StepFolder['script'] = (path, text) => made.script(path, text)
const step: StepFolder['step'] = (name, env) => made.step(name, env)

test.each([[[]], [['bake', '.']], [['configure']]])(
  'the arguments %j are an error: exit code 2, nothing on standard output',
  async (args) => {
    const result = await run(process.execPath, [stepRunner, ...args])
    expect(result).toMatchObject({ exitCode: 2, stdout: '' })
    expect(result.stderr).toMatch(/^Expected configure\|seal\|verify\|prove and a build folder/)
  },
)

test('another folder than a build folder is an error: exit code 2, with the reason', async () => {
  const { exitCode, json } = await step('configure')
  expect(exitCode).toBe(2)
  expect(json?.cause).toContain('Expected a build folder with request.json')
})

test('a step without hosts is an error: exit code 2', async () => {
  request()
  expect(await step('configure', { BAKEHOUSE_HOSTS: '[]' })).toMatchObject({
    exitCode: 2,
    json: { cause: expect.stringContaining('at least one host') },
  })
})

describe('configure', () => {
  beforeEach(() => script('bin/ssh', 'cat >/dev/null; echo "machine-id 1234"'))

  test('prints one line, writes its result, and saves the identity of the base machine', async () => {
    request()
    script(
      'venv/bin/ansible-playbook',
      `echo '{"event":"end","task":"T","action":"a","status":"ok","ms":5,"reason":null,"forgiven":false}' >>"$BAKEHOUSE_TASKS"`,
    )
    const { exitCode, stdout, json } = await step('configure')
    expect(json).toMatchObject({ step: 'configure', status: 'ok', log: 'logs/configure.log', suites: [] })
    expect(exitCode).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(stdout)).toEqual({ step: 'configure', status: 'ok' })
    expect(JSON.parse(readFileSync(join(folder, 'base-identity.json'), 'utf8'))).toEqual({ machineId: '1234', hostKeys: [] })
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8')).toContain('"type":"task-done","name":"T","status":"ok","durationMs":5')
  })

  test('fails if the playbook matches no host', async () => {
    request()
    script('venv/bin/ansible-playbook', 'exit 0')
    expect(await step('configure')).toMatchObject({ exitCode: 10, json: { cause: expect.stringContaining('ran no task') } })
  })

  test('writes a secret to no file and not to the result, although variables, output, a failed task and events contain it', async () => {
    const canary = 's3cr3t"canary'
    request({ secrets: { token: { env: 'TOKEN' } } })
    const failure = JSON.stringify({
      event: 'end',
      task: `T ${canary}`,
      action: 'a',
      status: 'failed',
      ms: 5,
      reason: { msg: `bad ${canary}` },
      forgiven: false,
    })
    script(
      'venv/bin/ansible-playbook',
      [
        'for last; do :; done; printf "%s\\n" "$@" >&2',
        'echo "$TOKEN"; printf %s "$TOKEN" | base64',
        `cat >>"$BAKEHOUSE_TASKS" <<'END'\n${failure}\nEND`,
        'exit 2',
      ].join('\n'),
    )
    const { exitCode, stdout, stderr, json } = await step('configure', { TOKEN: canary })
    expect(exitCode).toBe(10)
    expect(json?.cause).toBe("task 'T [redacted]' failed: bad [redacted]")
    const everything = [stdout, stderr, ...made.files().map((file) => readFileSync(file, 'utf8'))].join('\n')
    for (const form of [canary, JSON.stringify(canary).slice(1, -1), Buffer.from(canary).toString('base64').slice(0, 12)]) {
      expect(everything).not.toContain(form)
    }
    expect(readFileSync(join(folder, 'logs/configure.log'), 'utf8')).toContain('[redacted]')
    expect(statSync(join(folder, 'logs/configure.log')).mode & 0o777).toBe(0o600)
  })

  test('a secret that is not set: exit 2, and the message names variable and family', async () => {
    request({ secrets: { token: { env: 'TOKEN_OF_TEST' } } })
    const { exitCode, json } = await step('configure')
    expect(exitCode).toBe(2)
    expect(json?.cause).toContain('fam: expected a secret in the environment variable TOKEN_OF_TEST, got no value')
    expect(json?.hint).toContain('set TOKEN_OF_TEST')
  })

  test('ends with exit code 10 and the message of ssh if the machine does not answer', async () => {
    request()
    script('bin/ssh', 'echo "Connection refused" >&2; exit 255')
    const cause = 'the machine could not be prepared for the playbook: Connection refused'
    expect(await step('configure')).toMatchObject({ exitCode: 10, json: { cause } })
  })

  test('ends with exit code 3 if a collection of the family cannot be installed', async () => {
    request({ requirements: 'requirements.yml' })
    writeFileSync(join(folder, 'family/requirements.yml'), 'collections: [{name: acme.web, version: "1.0.0"}]\n')
    script('venv/bin/ansible-galaxy', 'echo "ERROR! Failed to find collection acme.web:1.0.0" >&2; exit 1')
    const { exitCode, json } = await step('configure', { XDG_CACHE_HOME: join(folder, 'cache') })
    expect([exitCode, json?.status], json?.cause).toEqual([3, 'missing'])
    expect(json?.cause).toContain('acme.web 1.0.0 from the requirements cannot be installed')
    expect(json?.hint).toContain('Failed to find collection acme.web:1.0.0')
  })

  test('stops Ansible on SIGTERM, and the result says so', async () => {
    request()
    script('venv/bin/ansible-playbook', `echo $$ >${join(folder, 'pid')}; exec sleep 60`)
    const child = run(
      'sh',
      [
        '-c',
        `exec "$0" "$1" configure "$2" & p=$!; while [ ! -s "$2/pid" ]; do sleep 0.05; done; kill -TERM $p; wait $p`,
        process.execPath,
        stepRunner,
        folder,
      ],
      { env: made.env },
    )
    expect((await child).exitCode).toBe(8)
    expect(JSON.parse(readFileSync(join(folder, 'steps/configure.json'), 'utf8'))).toMatchObject({
      status: 'failed',
      cause: 'stopped by SIGTERM to the step configure',
      stoppedBy: 'SIGTERM to the step configure',
    })
    expect(existsSync(`/proc/${readFileSync(join(folder, 'pid'), 'utf8').trim()}`)).toBe(false)
  })
})

describe('verify', () => {
  const say = (lines: string) => script('bin/ssh', machineScript(lines))
  beforeEach(() => {
    request()
    writeFileSync(join(folder, 'k.pub'), 'ssh-ed25519 AAAA x\n')
  })
  const hosts = (...ids: string[]) => ({
    BAKEHOUSE_HOSTS: JSON.stringify(ids.map((instanceId) => ({ ...host, instanceId, identityFile: join(folder, 'k') }))),
  })

  test('fails with a failed hygiene check as the cause', async () => {
    say('machine-id 99\ncase\tpassed\t1\tclock-correct\t\ncase\tfailed\t1\tno-mail\tfound /var/mail/root\n\nhygiene done')
    const { exitCode, json } = await step('verify', hosts('i'))
    expect(exitCode).toBe(10)
    expect(json?.cause).toBe('hygiene: no-mail: found /var/mail/root')
    expect(json?.suites?.[0]?.cases).toHaveLength(6)
    expect(readFileSync(join(folder, 'junit/hygiene.xml'), 'utf8')).toContain('failures="1"')
  })

  test('passes with a finding that the family allows, and shows it in a note, in the result and in the JUnit file', async () => {
    made.request({ hygiene: { allow: { 'no-mail': 'a mail server' } } })
    say('machine-id 99\ncase\tfailed\t1\tno-mail\tfound /var/mail/root\n\nhygiene done')
    const { json } = await step('verify', hosts('i'))
    const message = 'allowed: a mail server; found: /var/mail/root'
    expect(json?.status, json?.cause).toBe('ok')
    expect(json?.suites[0]?.cases.find(({ name }) => name === 'no-mail')).toMatchObject({ status: 'passed', message })
    expect(readFileSync(join(folder, 'junit/hygiene.xml'), 'utf8')).toContain(`<system-out>${message}</system-out>`)
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8')).toContain(`"type":"note","text":"no-mail: ${message}"`)
  })

  test('a note names an allowed finding once, although clones have it too', async () => {
    made.request({ hygiene: { allow: { 'no-mail': 'a mail server' } } })
    say('machine-id 99\ncase\tfailed\t1\tno-mail\tfound /var/mail/root\n\nhygiene done')
    await step('verify', hosts('i', 'j'))
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8').match(/"type":"note"/g)).toHaveLength(1)
  })

  test('fails if the guest ends before the script is complete', async () => {
    say('machine-id 99\ncase\tpassed\t1\tclock-correct\t')
    expect(await step('verify', hosts('i'))).toMatchObject({
      exitCode: 10,
      json: { cause: expect.stringContaining('hygiene: the checks did not finish') },
    })
  })

  test('fails if two clones have the same identity', async () => {
    say('machine-id 99\ncase\tpassed\t1\tclock-correct\t\n\nhygiene done')
    const { json } = await step('verify', hosts('i', 'j'))
    expect(json?.cause).toBe('clones: machine-id-differs-between-clones: two machines have the same machine id: 99 (and 1 more)')
    expect(json?.suites?.map(({ suite }) => suite)).toEqual(['hygiene', 'hygiene (clone 2)', 'clones'])
  })

  test('reports an exception as an internal error with its stack trace, not as a rejected image', async () => {
    say('machine-id 99\ncase\tpassed\t1\tclock-correct\t\n\nhygiene done')
    writeFileSync(join(folder, 'base-identity.json'), '{"machineId": "1", "hostKeys": 5}')
    const { exitCode, json, stderr } = await step('verify', hosts('i'))
    expect(exitCode, stderr).toBe(1)
    expect(json).toMatchObject({ status: 'bug', stack: expect.stringContaining('hygiene.ts') })
  })

  test('reports a missing command as missing, not as a rejected image', async () => {
    const { exitCode, json } = await step('verify', { ...hosts('i'), PATH: join(folder, 'bin-without-ssh') })
    expect([exitCode, json?.status, json?.cause]).toEqual([3, 'missing', 'the command ssh was not found'])
  })

  test('prints a short verdict, even with many test cases and a long cause', async () => {
    const cases = Array.from({ length: 2000 }, (_, index) => `case\tfailed\t1\tcase ${index}\t${'found '.repeat(20)}`)
    say(['machine-id 99', ...cases, '', 'hygiene done'].join('\n'))
    const { stdout, stderr, json } = await step('verify', hosts('i'))
    expect(json?.suites?.[0]?.cases.length).toBeGreaterThan(2000)
    for (const line of `${stdout}${stderr}`.split('\n')) expect(line.length).toBeLessThan(65_536 / 8)
    expect(JSON.parse(stdout)).toMatchObject({ step: 'verify', status: 'failed', cause: expect.stringContaining('hygiene: case 0') })
  })

  test('fails if the machine presents a host key that has no file', async () => {
    script('bin/ssh', machineScript('machine-id 99\n\nhygiene done').replace('host-key ssh-ed25519 AAAA', 'host-key ssh-ed25519 BBBB'))
    const { json } = await step('verify', hosts('i'))
    expect(json?.cause).toMatch(/^hygiene: ssh-host-keys-as-presented: the machine presents SHA256:cJ6A/)
  })

  test('finds a host key of the base machine that the trial presents but that has no file', async () => {
    script('bin/ssh', machineScript('machine-id 99\n\nhygiene done').replace('host-key ssh-ed25519 AAAA', ''))
    const identity = { machineId: '1', hostKeys: ['SHA256:cJ6AyISHokEeHuTfufIqhhSS0gxHZRUMDHlKvXD4FHw'] }
    writeFileSync(join(folder, 'base-identity.json'), JSON.stringify(identity))
    const { json } = await step('verify', hosts('i'))
    expect(json?.suites[0]?.cases.find(({ name }) => name === 'ssh-host-keys-differ-from-base')?.status).toBe('failed')
  })

  test('passes for a healthy machine', async () => {
    say('machine-id 99\ncase\tpassed\t1\tclock-correct\t\n\nhygiene done')
    expect(await step('verify', hosts('i'))).toMatchObject({ exitCode: 0, json: { status: 'ok' } })
  })
})
