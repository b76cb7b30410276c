import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compareClones, compareWithBase, parseHygiene } from '../../src/guest/hygiene.ts'
import { type Identity, parseIdentity } from '../../src/guest/identity.ts'
import { linuxChecks } from '../../src/guest/linux/checks.ts'
import { hygieneScript } from '../../src/guest/linux/hygiene.ts'

const scripts = join(import.meta.dirname, '../../src/guest/linux')
const base = { machineId: 'a'.repeat(32), hostKeys: ['SHA256:1', 'SHA256:2'] }

test('parses the lines of the script, those of the first half first, and ignores other output', () => {
  const text =
    'warning: x\ncase2\tpassed\t5\tdisk-space\t\ncase\tpassed\t10\tclock-correct\t\ncase\tfailed\t20\tno-mail\tfound /var/mail/root\ncase\todd\t\tx\t\n'
  expect(parseHygiene(text)).toEqual([
    { name: 'clock-correct', title: expect.stringMatching(/^Checks time of the machine/), status: 'passed', durationMs: 10 },
    { name: 'no-mail', title: 'Checks mailboxes.', status: 'failed', durationMs: 20, message: 'found /var/mail/root' },
    { name: 'x', title: expect.anything(), status: 'error', durationMs: 0, message: '' },
    { name: 'disk-space', title: 'Checks free space on the system disk.', status: 'passed', durationMs: 5 },
  ])
})

test.each(['seal.sh', 'quiet.sh', 'remove.sh', 'old-identity.sh', 'first-boot.sh', 'release-space.sh', 'hygiene.sh', 'logins.sh'])(
  '%s is valid for a POSIX shell',
  (script) => {
    expect(spawnSync('sh', ['-n', join(scripts, script)], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  },
)

/** The checks that compare machines or read the disk. They are not in the script. */
const compared = /-differs?-(from-base|between-clones)$|-as-presented$|^offline\./

test('the script reports each check exactly once and runs to its end, also on this computer', () => {
  const variables = { TRIAL_KEY: 'AAAA', NOW: String(Math.round(Date.now() / 1000)), BOOTS: '1', SETTLE: '20' }
  const { stdout, stderr } = spawnSync('sh', ['-s'], {
    ...{ encoding: 'utf8', input: `{\n${hygieneScript()}\n} </dev/null\n` },
    env: { ...process.env, ...variables },
  })
  const cases = parseHygiene(stdout)
  expect(stdout, stderr).toContain('\nhygiene done\n')
  expect(cases.map(({ name }) => name).sort()).toEqual(linuxChecks.filter((check) => !compared.test(check)).sort())
  expect(cases.find(({ name }) => name === 'clock-correct')?.status).toBe('passed')
})

test('finds a wrong clock and an unknown key', () => {
  const { stdout } = spawnSync('sh', ['-s'], {
    ...{ encoding: 'utf8', input: `{\n${hygieneScript()}\n} </dev/null\n` },
    env: { ...process.env, TRIAL_KEY: 'AAAA', NOW: '1000000000', BOOTS: '1', SETTLE: '20' },
  })
  expect(parseHygiene(stdout).find(({ name }) => name === 'clock-correct')).toMatchObject({ status: 'failed' })
})

test('parses machine-id and fingerprints in the output of a guest', () => {
  const text = 'machine-id 0123\nhost-key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKI60r+5qtPAWndOxnBel5saFq453S/y2yi+sFE1P/Af root@vm\n'
  expect(parseIdentity(text)).toEqual({ machineId: '0123', hostKeys: ['SHA256:Dp8QWAgf4AcJ4HLtyXXAVK0f0j6cn3n/G1v+9Lxi9gs'] })
})

describe('the comparison of identities', () => {
  const status = (trial: typeof base, from: typeof base | undefined = base) => compareWithBase(trial, from).map((one) => one.status)
  test('fails if a trial has the machine-id or the host keys of the base machine', () => {
    expect(status({ machineId: 'b', hostKeys: ['SHA256:3'] })).toEqual(['passed', 'passed'])
    expect(status({ ...base, hostKeys: ['SHA256:3'] })).toEqual(['failed', 'passed'])
    expect(status({ machineId: 'b', hostKeys: ['SHA256:3', 'SHA256:2'] })).toEqual(['passed', 'failed'])
  })
  test('is skipped if the identity of the base machine is not known', () => {
    expect(compareWithBase(base, undefined).map((one) => one.status)).toEqual(['skipped', 'skipped'])
  })
})

test('fails if two clones have the same machine-id or host keys', () => {
  const other = { machineId: 'b', hostKeys: ['SHA256:3'] }
  expect(compareClones([base, other]).map((one) => one.status)).toEqual(['passed', 'passed'])
  expect(compareClones([base, { ...other, machineId: base.machineId }]).map((one) => one.status)).toEqual(['failed', 'passed'])
  expect(compareClones([base, { ...other, hostKeys: ['SHA256:1'] }]).map((one) => one.status)).toEqual(['passed', 'failed'])
})

test('fails if a service has the same identity on two clones', () => {
  const clone = (machineId: string, sum: string): Identity =>
    parseIdentity(
      `machine-id ${machineId}\nservice-identity ${sum.repeat(64)}  /etc/nvme/hostid\nservice-identity ${'0'.repeat(64)} relative`,
    )
  const compared = (one: Identity, other: Identity) =>
    compareClones([one, other]).find(({ name }) => name === 'service-identities-differ-between-clones')
  expect(compared(clone('a', '1'), clone('b', '2'))).toMatchObject({ status: 'passed' })
  const message = 'two machines have the same content in: /etc/nvme/hostid'
  expect(compared(clone('a', '1'), clone('b', '1'))).toMatchObject({ status: 'failed', message })
  expect(compared(base, base), 'machines without such services').toBeUndefined()
})
