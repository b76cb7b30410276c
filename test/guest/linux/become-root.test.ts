import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { host, makeStepFolder, type StepFolder } from '../../helpers/step-folder.ts'

let made: StepFolder
beforeEach(() => {
  made = makeStepFolder()
  made.request()
})
afterEach(() => made[Symbol.dispose]())

const refusal = 'sudo: unable to resolve host vm: Name or service not known\nsudo: sorry, you must have a tty to run sudo'
const hint = expect.stringContaining('"admin ALL=(ALL) NOPASSWD: ALL" and "Defaults:admin !requiretty"')

/** A machine whose sudo refuses commands with this message if the file `hardened` exists. Its login shell runs commands. */
function machine(message: string): string {
  const refuse = `printf '%s\\n' '${message}' >&2; exit 1`
  return `for last; do :; done; cat >/dev/null
case "$last" in sudo*) [ ! -e '${made.path}/hardened' ] || { ${refuse}; } ;; esac
echo "machine-id 1234"`
}

async function step(name: string) {
  const { exitCode, json } = await made.step(name, { BAKEHOUSE_HOSTS: JSON.stringify([{ ...host, user: 'admin' }]) })
  return { exitCode, cause: json?.cause, hint: json?.hint }
}

test.each(['configure', 'seal', 'verify'])('the step %s fails at its beginning if sudo refuses, with the message of sudo', async (name) => {
  made.script('bin/ssh', machine(refusal))
  made.script('hardened', '')
  expect(await step(name)).toEqual({
    exitCode: 10,
    cause: 'sudo refuses to run commands of admin: sudo: sorry, you must have a tty to run sudo',
    hint,
  })
})

test('the message of sudo may be in another language', async () => {
  made.script('bin/ssh', machine('sudo: Ein Passwort ist notwendig'))
  made.script('hardened', '')
  expect(await step('configure')).toMatchObject({ cause: 'sudo refuses to run commands of admin: sudo: Ein Passwort ist notwendig', hint })
})

test('a playbook that takes sudo from the build, and then fails, has the same hint', async () => {
  made.script('bin/ssh', machine(refusal))
  const failed = '{"event":"end","task":"T","action":"a","status":"failed","ms":5,"reason":{"msg":"no"},"forgiven":false}'
  made.script('venv/bin/ansible-playbook', `: >'${join(made.path, 'hardened')}'; echo '${failed}' >>"$BAKEHOUSE_TASKS"; exit 2`)
  expect(await step('configure')).toEqual({ exitCode: 10, cause: "task 'T' failed: no", hint })
})

test('a login shell that runs no commands is named', async () => {
  made.script('bin/ssh', 'cat >/dev/null; echo "This account is currently not available."; exit 1')
  expect(await step('configure')).toMatchObject({
    exitCode: 10,
    cause: 'the login shell of admin runs no commands: This account is currently not available.',
    hint: expect.stringContaining('login: {user: …}'),
  })
})

test('a machine that does not answer is not a machine whose sudo refuses', async () => {
  made.script('bin/ssh', 'cat >/dev/null; echo "ssh: connect to host a port 22: Connection timed out" >&2; exit 255')
  expect((await step('configure')).cause).toBe(
    'the machine could not be prepared for the playbook: ssh: connect to host a port 22: Connection timed out',
  )
})
