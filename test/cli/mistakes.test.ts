import { describe, expect, test } from 'vitest'
import { main } from '../../src/cli/cli.ts'
import { renderFindings } from '../../src/cli/doctor-verb.ts'
import { reportFailed } from '../../src/cli/reap-verb.ts'
import { renderFailure } from '../../src/cli/render-outcome.ts'
import { findRefusal } from '../../src/cloud/aws/errors.ts'
import { loginFailed } from '../../src/cloud/local/machines/start.ts'
import { renderError, writeError } from '../../src/core/error-lines.ts'
import { RejectedError } from '../../src/core/errors.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { checkFamilies } from '../../src/family/check-families.ts'
import { readFamily } from '../../src/family/read-family.ts'
import { requireSecrets } from '../../src/family/require-secrets.ts'
import { findConsumers } from '../../src/life/consumers.ts'
import type { BakeOutcome } from '../../src/model/outcome.ts'
import { hintForSuites } from '../../src/steps/verify-hint.ts'
import { refuseMoto } from '../aws/moto.ts'
import { familyFiles, makeProject } from '../family/project.ts'
import { captureOutput } from '../helpers/capture-output.ts'
import { sampleLatestGood } from '../helpers/latest-good.ts'
import { failedRecord } from '../records/sample.ts'

const base = 'base: { debian: bookworm }\n'
const project = (yaml: string = base) => makeProject(familyFiles('web', yaml))

/** What the command line prints, in a project with the family `web`. */
async function typed(...argv: string[]): Promise<string> {
  using made = project()
  made.write('playbooks/try/playbook.yml', '')
  made.write('.bakehouse/builds/broken/2026.11.23/record.json', '{')
  const { stdout, stderr } = await captureOutput(() => main(argv))
  return stdout + stderr
}

/** What a build prints about a family file before it creates anything. */
async function written(yaml: string): Promise<string> {
  using _project = project(yaml)
  const { stderr } = await captureOutput(async () => {
    try {
      requireSecrets(await readFamily('web'))
      return 0
    } catch (error) {
      return writeError(error)
    }
  })
  return stderr
}

/** What doctor prints about a family file. */
async function diagnosed(yaml: string): Promise<string> {
  using _project = project(yaml)
  return renderFindings(await checkFamilies()).join('\n')
}

function shown(error: unknown): string {
  const { lines, hint } = renderError(error)
  return [...lines, ...(hint ? [`hint: ${hint}`] : [])].join('\n')
}

const aws = (name: string, message: string) => shown(findRefusal(Object.assign(new Error(message), { name }), 'to read instances'))
const denial =
  'You are not authorized. User: arn:aws:iam::111111111111:user/ci is not authorized to perform: ec2:DescribeInstances because …'
const request = { family: 'web', keep: 'never', dryRun: false, ifChanged: false, prove: false } as const
const early = { family: 'web', version: '', status: 'failed', error: { phase: 'resolve', message: 'no image', hint: 'wait', exitCode: 3 } }
const spawnError = Object.assign(new Error('spawn pulumi ENOENT'), { code: 'ENOENT', syscall: 'spawn pulumi' })
const localEngine = { findState: async () => ({ outputs: { ...sampleLatestGood() } }) } as unknown as Engine
const hygiene = failedRecord().suites.map((suite) => ({ ...suite, verifier: 'hygiene' }))

async function reaped(): Promise<string> {
  const leftover = { cloud: 'local', kind: 'instance', id: 'vm-1', family: 'web', version: '2026.11.23', why: 'disk full' } as const
  const { code, stderr } = await captureOutput(async () => reportFailed([{ ...leftover, action: 'failed' }]))
  return `${stderr}exit ${code}`
}

/** A mistake, and the place, the cause and the next step that the answer must contain. */
const mistakes: readonly (readonly [what: string, answer: () => Promise<string> | string, ...parts: readonly string[]])[] = [
  ['names a family without an option', () => typed('web'), 'got "web"', 'npm run bake -- --family web'],
  ['names a family after bake', () => typed('bake', 'web'), 'got "web"', 'did you mean "--family web"?'],
  [
    'gives one argument too many',
    () => typed('show', 'web', '1', 'more'),
    'no further argument of show, got "more"',
    'show <family> [version]',
  ],
  ['gives the version of the image to --version', () => typed('--family', 'web', '--version', '1'), 'got --version', 'use --image-version'],
  ['uses a short option', () => typed('-f', 'web'), 'got -f', 'did you mean "--family"?'],
  ['uses a planned verb', () => typed('rollback'), 'The verb rollback does not exist yet', 'the verbs are: bake'],
  ['names the family of history twice', () => typed('history', 'web', '--family', 'x'), 'got --family', 'history [family]'],
  ['names a folder without family.yaml', () => typed('--family', 'try'), 'playbooks/try has no family.yaml', 'init <family>'],
  ['creates a family whose folder exists', () => typed('init', 'try'), 'playbooks/try exists already', 'choose another name'],
  [
    'creates a family that exists',
    () => typed('init', 'web'),
    'playbooks/web exists already',
    'or build it: ',
    'npm run bake -- --family web',
  ],
  [
    'writes variables at the top',
    () => written(`${base}variables: {}\n`),
    ':2:1: ',
    'got "variables"',
    'did you mean configure.variables?',
  ],
  [
    'mistypes three keys',
    () => written(`${base}a: 1\nmachne: {}\nverify: { suits: [] }\n`),
    ':2:1: ',
    ':3:1: ',
    'did you mean "machine"?',
    ':4:11: ',
    'did you mean "suites"?',
  ],
  [
    'runs doctor with three mistyped keys',
    () => diagnosed(`${base}a: 1\nmachne: {}\nverify: { suits: [] }\n`),
    ':2:1: ',
    ':3:1: ',
    'hint: did you mean "machine"?',
    ':4:11: ',
  ],
  [
    'names two bases',
    () => written('base: { family: web, debian: bookworm }\n'),
    ':1:7: ',
    'debian and family together',
    'keep one of debian, family',
  ],
  [
    'names a family as base without its key',
    () => written('base: linux-base\n'),
    ':1:7: ',
    'got "linux-base"',
    'for example {family: linux-base}',
  ],
  [
    'names a system that has no base',
    () => written('base: { ubuntu: noble }\n'),
    ':1:7: ',
    'image (with sha256)',
    'got a mapping with ubuntu',
  ],
  ['mistakes the kind of connection', () => written(`${base}aws: { reach: bastion }\n`), ':2:15: ', 'ssh or ssm', 'bastion (with ingress)'],
  ['names another release of Debian', () => written('base: { debian: sid }\n'), ':1:17: ', 'bookworm or trixie, got "sid"'],
  [
    'mistypes the file of a suite',
    () => written(`${base}verify: { suites: [{ goss: verify/gos.yaml }] }\n`),
    ':2:28: ',
    'does not exist',
    'did you mean "verify/goss.yaml"?',
  ],
  ['gives memory a unit', () => written(`${base}machine: { memory: 2G }\n`), ':2:20: ', 'a whole number of MiB', 'got "2G"'],
  [
    'writes an account without quotes',
    () => written(`${base}aws: { share: { accounts: [111111111111] } }\n`),
    ':2:28: ',
    '12 digits in quotes',
  ],
  ['writes yes', () => written(`${base}verify: { reboot: yes }\n`), ':2:19: ', 'true or false', 'write true'],
  ['forgets a bracket', () => written('base: { debian: bookworm\n'), ':1:25: ', 'expected a closing }'],
  [
    'takes a secret from an unset variable',
    () => written(`${base}configure: { secrets: { a: { env: UNSET_IN_TEST } } }\n`),
    ':2:35: ',
    'UNSET_IN_TEST, got no value',
    'hint: set UNSET_IN_TEST',
  ],
  [
    'takes a secret from a missing file',
    () => written(`${base}configure: { secrets: { a: { file: nope } } }\n`),
    ':2:36: ',
    'nope, which does not exist',
    'hint: write the secret to ',
  ],
  [
    'runs doctor without a secret',
    () => diagnosed(`${base}configure: { secrets: { a: { env: UNSET_IN_TEST } } }\n`),
    '! family web',
    ':2:35: ',
    'hint: set UNSET_IN_TEST',
  ],
  [
    'has a secret of three characters',
    () => written(`${base}configure: { secrets: { a: { env: SHORT } } }\n`),
    ':2:35: ',
    'at least 4 characters, got 3',
    'hint: use a longer secret',
  ],
  [
    'shares without a KMS key',
    () => diagnosed(`${base}aws: { share: { accounts: ["111111111111"] } }\n`),
    '✗ family web',
    ':2:8: ',
    'because aws.share is set',
    'hint: create a KMS key',
  ],
  ['lacks a permission of AWS', () => aws('UnauthorizedOperation', denial), 'user/ci lacks ec2:DescribeInstances', 'npm run aws:policy'],
  ['uses a region that is not enabled', () => aws('OptInRequired', 'You are not subscribed'), 'not enabled', 'hint: enable the region'],
  [
    'fails before a version is chosen',
    () => renderFailure(early as unknown as BakeOutcome, request).join('\n'),
    'error: web: resolve failed: no image',
    'hint: wait',
  ],
  ['has no Pulumi CLI', () => shown(spawnError), 'the command pulumi was not found', 'hint: install pulumi'],
  [
    'lists builds with a damaged record',
    () => typed('history', 'broken'),
    'No record of a build can be read',
    'broken/2026.11.23/record.json: ',
    'hint: ',
  ],
  [
    'starts the emulator without network',
    () => shown(refuseMoto('WARNING: Retrying\nERROR: No matching distribution found for moto')),
    'moto could not be installed: No matching',
    'hint: pip must reach',
  ],
  ['cannot delete a leftover', reaped, 'one leftover could not be removed', 'hint: solve what the lines above say', 'exit 3'],
  ['ships what a hygiene check finds', () => `error: x\nhint: ${hintForSuites('web', hygiene)}`, 'docs/checks.md says how to fix'],
  [
    'waits for a machine that does not answer',
    () => shown(new RejectedError(...loginFailed('its network did not come up', 'grub>'))),
    'last line of its console: grub>',
    'hint: read the console log in the diagnostics folder',
  ],
  [
    'lists consumers of a local family',
    () => findConsumers(localEngine, 'web').then(String, shown),
    'web is built on the cloud local',
    'hint: consumers works for families on aws only',
  ],
]

describe('the answer to a user who', () => {
  process.env.SHORT = 'abc'
  const rows = mistakes.map(([what, answer, ...parts]) => ({ what, answer, parts }))
  test.each(rows)('$what has place, cause and next step', async ({ answer, parts }) => {
    const text = await answer()
    for (const part of parts) expect(text).toContain(part)
    expect(text).toMatch(/^(error: |No record|[✗!] family)/)
    expect(text).not.toMatch(/ENOENT|internal error|\bundefined\b/)
  })
})
