import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BuildEvent } from '../../../src/model/events.ts'
import { makeStepFolder, type StepFolder } from '../../helpers/step-folder.ts'

let made: StepFolder
beforeEach(() => {
  made = makeStepFolder()
})
afterEach(() => made[Symbol.dispose]())

const failed = '{"event":"end","task":"T","action":"a","status":"failed","ms":5,"reason":{"msg":"no"},"forgiven":false}'

/** Runs configure on a machine where the preparation runs these lines of shell, and the playbook fails. */
async function configure(lines: string, configured: object = {}) {
  made.request({ configure: configured })
  made.script('bin/ssh', `script=$(cat); case "$script" in *find_busy*) ;; *) echo "machine-id 1234"; exit 0 ;; esac\n${lines}`)
  made.script('venv/bin/ansible-playbook', `echo '${failed}' >>"$BAKEHOUSE_TASKS"; exit 2`)
  const { exitCode, json } = await made.step('configure')
  return { exitCode, cause: json?.cause, hint: json?.hint }
}

function events<Type extends BuildEvent['type']>(type: Type): Extract<BuildEvent, { type: Type }>[] {
  const lines = readFileSync(join(made.path, 'events.jsonl'), 'utf8').trim().split('\n')
  return lines
    .map((line) => JSON.parse(line) as BuildEvent)
    .filter((each): each is Extract<BuildEvent, { type: Type }> => each.type === type)
}

test('the build says what the machine waits for while it waits', async () => {
  const untilTold = (name: string): string =>
    `until grep -q '"name":"${name}"' '${made.path}/events.jsonl' || [ $((polls += 1)) -gt 900 ]; do sleep 0.1; done`
  await configure(
    `polls=0; echo 'waiting for cloud-init'; ${untilTold('wait for cloud-init')}
echo 'waiting for the package manager (/run/zypp.pid)'; ${untilTold('wait for the package manager (/run/zypp.pid)')}
echo 'python 3.11'; ${untilTold('refresh the package lists')}`,
    { refreshPackages: true },
  )
  const names = events('task').map(({ name }) => name)
  expect(names).toEqual(['wait for cloud-init', 'wait for the package manager (/run/zypp.pid)', 'refresh the package lists'])
})

test('a first boot that does not finish fails the step, with what it waits for', async () => {
  expect(await configure("echo 'waiting for cloud-init'; exit 3")).toEqual({
    exitCode: 10,
    cause: 'the first boot of the base machine did not finish in 300 s: waiting for cloud-init',
    hint: expect.stringContaining("the machine's console log"),
  })
})

test.each([
  [
    'a warning',
    'W: Failed to fetch http://deb.debian.org/x  Connection timed out',
    'Failed to fetch http://deb.debian.org/x  Connection timed out',
  ],
  ['an error', 'E: The repository is not signed.', 'The repository is not signed.'],
])('package lists that cannot be refreshed fail the step, with %s of apt-get', async (_what, line, why) => {
  expect(await configure(`printf '%s\\n' 'python 3.11' 'Get:1 x' '${line}'; exit 4`, { refreshPackages: true })).toEqual({
    exitCode: 10,
    cause: `the package lists could not be refreshed: ${why}`,
    hint: expect.stringContaining('configure: {refreshPackages: false}'),
  })
})

test('another failure of the preparation fails the step, with its reason', async () => {
  expect(await configure('echo "sh: grep: not found" >&2; exit 2')).toMatchObject({
    exitCode: 10,
    cause: 'the machine could not be prepared for the playbook: sh: grep: not found',
  })
})

test('a Python that is too old is a note; the hint is that of a playbook that fails', async () => {
  const { exitCode, cause, hint } = await configure("echo 'python 3.6'")
  expect({ exitCode, cause }).toEqual({ exitCode: 10, cause: "task 'T' failed: no" })
  expect(hint).toContain('ansible_python_interpreter')
  expect(events('note').map(({ text }) => text)).toEqual([
    expect.stringContaining('/usr/bin/python3 of the machine is Python 3.6'),
    `hint: ${hint}`,
  ])
})
