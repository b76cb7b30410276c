import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { host, machineScript, makeStepFolder } from '../helpers/step-folder.ts'

const lists = "No package matching 'auditd' is available"
const grub = 'Path /etc/default/grub does not exist !'
const refresh = expect.stringContaining('refreshPackages: true')
const lean = 'The lean Debian base does not have it. Use the standard one: base: {debian: …, variant: standard}'

/** The hint of a step whose playbook failed with this cause. Its family may start from `child`, which starts from `parent`. */
async function hintFor(cause: string, family: object): Promise<string | undefined> {
  using made = makeStepFolder()
  made.request(family)
  made.script('bin/ssh', machineScript('machine-id 1\n\nhygiene done'))
  writeFileSync(join(made.path, 'k.pub'), 'ssh-ed25519 AAAA x\n')
  for (const [name, yaml] of [
    ['parent', 'base: {debian: bookworm, variant: lean}\n'],
    ['child', 'base: {family: parent}\n'],
  ] as const) {
    mkdirSync(join(made.path, 'playbooks', name, 'verify'), { recursive: true })
    writeFileSync(join(made.path, 'playbooks', name, 'family.yaml'), yaml)
    for (const file of ['playbook.yml', 'verify/goss.yaml']) writeFileSync(join(made.path, 'playbooks', name, file), '{}\n')
  }
  const failed = { event: 'end', task: 'T', action: 'a', status: 'failed', ms: 5, reason: { msg: cause }, forgiven: false }
  made.script('venv/bin/ansible-playbook', `cat >>"$BAKEHOUSE_TASKS" <<'END'\n${JSON.stringify(failed)}\nEND\nexit 2`)
  const hosts = JSON.stringify([{ ...host, identityFile: join(made.path, 'k') }])
  const { exitCode, json } = await made.step('configure', { BAKEHOUSE_PROJECT: made.path, BAKEHOUSE_HOSTS: hosts })
  expect(exitCode, json?.cause).toBe(10)
  return json?.hint
}

test.each([
  ['Debian', { base: { debian: 'bookworm' } }, lists, refresh],
  ['another family', { base: { family: 'child' } }, lists, refresh],
  ['an image', { base: { image: 'x.qcow2', sha256: '0'.repeat(64) } }, lists, refresh],
  ['an AMI', { cloud: 'aws', base: { amiId: 'ami-0123456789abcdef0' } }, lists, refresh],
  ['a family that no longer exists', { base: { family: 'gone' } }, lists, refresh],
  ['lean Debian', { base: { debian: 'bookworm', variant: 'lean' } }, grub, lean],
  ['a family whose first parent starts from lean Debian', { base: { family: 'child' } }, grub, `${lean}, in the family parent`],
  ['standard Debian', { base: { debian: 'bookworm' } }, grub, undefined],
])('a task that fails for want of a part of %s gets a hint that fits', async (_what, family, cause, hint) => {
  expect(await hintFor(cause, family)).toEqual(hint)
})
