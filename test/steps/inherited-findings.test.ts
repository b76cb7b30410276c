import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { host, machineScript, makeStepFolder, type StepFolder } from '../helpers/step-folder.ts'

const given = { base: { image: 'base.qcow2', sha256: '0'.repeat(64) } }
const size = (mib: number): string => `the root file system has ${mib} MiB of 20479 MiB`
const lines = (id: number, ...cases: string[]): string =>
  machineScript([`machine-id ${id}`, ...cases.map((one) => `case\tfailed\t1\t${one}`), '', 'hygiene done'].join('\n'))

/** Configures a base machine and verifies a machine of the image. Each answers with these failed cases (`check⇥message`). */
async function build(made: StepFolder, family: object, { base, trial }: Record<'base' | 'trial', readonly string[]>) {
  made.request(family)
  writeFileSync(join(made.path, 'k.pub'), 'ssh-ed25519 AAAA x\n')
  const done = '{"event":"end","task":"T","action":"a","status":"ok","ms":5,"reason":null,"forgiven":false}'
  made.script('venv/bin/ansible-playbook', `echo '${done}' >>"$BAKEHOUSE_TASKS"`)
  const env = { BAKEHOUSE_HOSTS: JSON.stringify([{ ...host, identityFile: join(made.path, 'k') }]) }
  made.script(
    'bin/ssh',
    lines(1, ...base)
      .replace('ed25519 AAAA', 'ed25519 BBBB')
      .replace('SHA256:cJ6A', 'SHA256:dK7B'),
  )
  expect((await made.step('configure', env)).json).toMatchObject({ status: 'ok' })
  made.script('bin/ssh', lines(2, ...trial))
  const { json } = await made.step('verify', env)
  return { json, case: (name: string) => json?.suites[0]?.cases.find((one) => one.name === name) }
}

test('a finding that the base image has too is a hint, in the result and in the JUnit file', async () => {
  using made = makeStepFolder()
  const found = { base: [`root-disk-grown\t${size(1945)}`], trial: [`root-disk-grown\t${size(2210)}`] }
  const { json, case: find } = await build(made, given, found)
  const message = `hint: the base image has it too: ${size(2210)}`
  expect(json?.status, json?.cause).toBe('ok')
  expect(find('root-disk-grown')).toMatchObject({ status: 'passed', message })
  expect(readFileSync(join(made.path, 'junit/hygiene.xml'), 'utf8')).toContain(`<system-out>${message}</system-out>`)
})

test('a finding that only the image has rejects it', async () => {
  using made = makeStepFolder()
  const { json } = await build(made, given, { base: ['no-build-users\tfound vagrant'], trial: ['no-build-users\tfound vagrant packer'] })
  expect(json).toMatchObject({ status: 'failed', cause: 'hygiene: no-build-users: found vagrant packer' })
})

test('the Debian base of this program is not searched, because nothing is found on it', async () => {
  using made = makeStepFolder()
  const finding = [`root-disk-grown\t${size(1945)}`]
  const { json } = await build(made, {}, { base: finding, trial: finding })
  expect(json).toMatchObject({ status: 'failed', cause: `hygiene: root-disk-grown: ${size(1945)}` })
  expect(existsSync(join(made.path, 'base-findings.json'))).toBe(false)
})
