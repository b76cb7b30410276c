import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MissingError, UsageError } from '../../src/core/errors.ts'
import { connect } from '../../src/guest/ssh/ssh.ts'
import { withPassword } from '../../src/guest/windows/session.ts'
import { inspec, inspecArguments, parseInspec } from '../../src/verify/inspec.ts'
import { inspecConfig } from '../../src/verify/inspec-target.ts'
import { findProblem, type ToolAnswer } from '../../src/verify/judge.ts'
import { requireVerifiers } from '../../src/verify/verifiers.ts'
import { filesWith, makeWindows } from '../helpers/windows.ts'

const fixtures = join(import.meta.dirname, '../fixtures/inspec')
const mixed = readFileSync(join(fixtures, 'mixed.json'), 'utf8')
const report = (...statuses: string[]): string =>
  JSON.stringify({
    profiles: [
      {
        name: 'p',
        status: 'loaded',
        controls: statuses.map((status, index) => ({ id: `c${index}`, results: [{ status, code_desc: 'd', run_time: 0.1 }] })),
      },
    ],
  })
const answer = (about: Partial<ToolAnswer>): ToolAnswer => ({ report: mixed, exitCode: 100, said: 'said', ...about })

afterEach(() => vi.unstubAllEnvs())

describe('the command line of InSpec', () => {
  const spec = { profile: '/f/verify/base', transport: 'ssh', json: '/b/j.json', junit: '/b/j.xml', sudo: false } as const
  const reporters = ['--reporter', 'cli', 'json:/b/j.json', 'junit2:/b/j.xml']
  const common = ['--distinct-exit', '--no-create-lockfile', '--no-color']

  it.each([
    [spec, ['exec', '/f/verify/base', '--target', 'ssh://bakehouse', '--config', '-', ...common, ...reporters]],
    [
      { ...spec, transport: 'winrm', inputs: '/f/i.yml', waivers: '/f/w.yml', sudo: true } as const,
      [
        'exec',
        '/f/verify/base',
        '--target',
        'winrm://bakehouse',
        '--config',
        '-',
        '--sudo',
        '--input-file',
        '/f/i.yml',
        '--waiver-file',
        '/f/w.yml',
        ...common,
        ...reporters,
      ],
    ],
  ])('%#', (given, args) => {
    expect(inspecArguments(given)).toEqual(args)
  })

  it('goes to a Linux machine through the pinned connection, to an sshd of its own', () => {
    using windows = makeWindows('verify')
    const connection = connect({ ...windows.host, user: 'admin' }, windows.build)
    const config = JSON.stringify(inspecConfig({ ...connection }, undefined))
    expect(config).toContain('StrictHostKeyChecking=yes')
    expect(config).toContain("'sudo -n /usr/sbin/sshd -i'")
  })

  it('goes to a Windows machine through the door, whose certificate it trusts and no other', () => {
    using windows = makeWindows('verify')
    const host = { ...windows.host, transport: 'psrp' } as const
    const variables = { ansible_port: 4711, ansible_psrp_ca_cert: '/b/door.pem' }
    expect(inspecConfig({ host, options: [], variables }, 'geheim')).toEqual({
      version: '1.2',
      credentials: {
        winrm: {
          bakehouse: {
            host: '127.0.0.1',
            port: 4711,
            user: 'Administrator',
            password: 'geheim',
            ssl: true,
            self_signed: false,
            ca_trust_file: '/b/door.pem',
          },
        },
      },
    })
  })
})

describe('a report of InSpec', () => {
  it('tells passed, failed, skipped, waived and broken controls apart', () => {
    const { cases, problem } = parseInspec(answer({}))
    expect(problem).toBeUndefined()
    expect(cases.map(({ status }) => status)).toEqual(['passed', 'failed', 'skipped', 'skipped', 'error'])
    expect(cases[1]).toMatchObject({
      name: expect.stringContaining('smb-1: SMB is signed'),
      durationMs: 34,
      message: expect.stringContaining('expected: 1'),
    })
    expect(cases[3]?.message).toBe('waived: needed until spring')
  })

  it.each([
    [0, report('passed', 'passed')],
    [100, report('passed', 'failed')],
    [101, report('passed', 'skipped')],
    [
      0,
      JSON.stringify({
        profiles: [
          {
            controls: [
              { id: 'a', results: [{ status: 'passed' }] },
              { id: 'empty', results: [] },
            ],
          },
        ],
      }),
    ],
  ])('is believed when exit code %i says the same', (exitCode, text) => {
    expect(parseInspec(answer({ report: text, exitCode })).problem).toBeUndefined()
  })

  it.each([
    [1, 'did not understand'],
    [2, 'plugin'],
    [3, 'deprecated'],
    [102, 'could not be loaded'],
    [172, 'CHEF_LICENSE_KEY'],
    [173, 'CHEF_LICENSE_KEY'],
    [174, 'CHEF_LICENSE_KEY'],
  ])('exit code %i is a failure whatever the report says', (exitCode, why) => {
    const { cases, problem } = parseInspec(answer({ report: report('passed'), exitCode }))
    expect(cases).toEqual([])
    expect(problem).toContain(why)
    expect(problem).toContain('said')
  })

  it.each([
    ['none', undefined, 0, 'wrote no report'],
    ['an empty one', '', 0, 'wrote no report'],
    ['one that is cut off', mixed.slice(0, 700), 100, 'cannot read'],
    ['what is not JSON', '<html/>', 0, 'cannot read'],
    ['JSON that is no report', '{"controls": []}', 0, 'no profiles'],
    ['null', 'null', 0, 'cannot read'],
    ['a report without a profile', '{"profiles": []}', 0, 'no profiles'],
    ['a control without results', '{"profiles": [{"controls": [{"id": "a"}]}]}', 0, 'no results'],
    ['a profile without controls, for which the exit code is 0', '{"profiles": [{"name": "p", "controls": []}]}', 0, 'no control'],
    [
      'a profile that was not loaded',
      '{"profiles": [{"name": "p", "status": "failed", "status_message": "no such file", "controls": []}]}',
      0,
      'no such file',
    ],
    [
      'a profile for another system',
      '{"profiles": [{"name": "p", "status": "skipped", "status_message": "not on windows", "controls": []}]}',
      101,
      'does not support this machine',
    ],
    ['a failed test with exit code 0', report('failed'), 0, 'the exit code is 0, expected 100'],
    ['a passed test with exit code 100', report('passed'), 100, 'the exit code is 100, expected 0'],
    ['a skipped test with exit code 0', report('skipped', 'passed'), 0, 'expected 101'],
    ['a skipped test with exit code 100', report('skipped', 'passed'), 100, 'expected 101'],
    ['a failed test with exit code 101', report('failed', 'skipped'), 101, 'expected 100'],
    ['an unknown exit code', report('passed'), 255, 'the exit code is 255'],
  ] as [string, string | undefined, number, string][])('is a failure when it is %s', (_what, text, exitCode, why) => {
    expect(parseInspec(answer({ report: text, exitCode })).problem).toContain(why)
  })

  it('is a failure when a status is none that is known', () => {
    expect(parseInspec(answer({ report: report('blessed'), exitCode: 0 })).cases[0]?.status).toBe('error')
  })

  it('is a failure when everything was skipped', () => {
    expect(findProblem(parseInspec(answer({ report: report('skipped'), exitCode: 101 })), undefined)).toContain('all 1 were skipped')
  })
})

describe('InSpec on a machine', () => {
  const suite = { verifier: 'inspec', file: 'verify/profile', options: { waivers: 'verify/waivers.yml' } }
  const open = (exitCode: number, text = 'mixed.json') => {
    const windows = makeWindows('verify', {
      env: { PATH: `${fixtures}:${process.env.PATH}`, FAKE_INSPEC: join(fixtures, text), FAKE_INSPEC_EXIT: String(exitCode) },
    })
    mkdirSync(join(windows.family, 'verify/profile'), { recursive: true })
    writeFileSync(join(windows.family, 'verify/waivers.yml'), '{}')
    vi.stubEnv('FAKE_INSPEC_CALL', join(windows.family, 'call.json'))
    return windows
  }

  it('reads what the program left, and keeps the password out of arguments, log and folder', async () => {
    using windows = open(100)
    const host = { ...windows.host, transport: 'psrp' } as const
    const connection = { ...connect(host, windows.build), variables: { ansible_port: 1, ansible_psrp_ca_cert: '/x' } }
    const context = withPassword(windows.context, 'Canary-Pa55')
    const { cases, problem } = await inspec.run({ context, connection, suite, slug: 'inspec', timeoutMs: 30_000 })
    expect(problem).toBeUndefined()
    expect(cases).toHaveLength(5)
    const call = JSON.parse(readFileSync(join(windows.family, 'call.json'), 'utf8')) as { args: string[]; config: object }
    expect(call.args.join(' ')).not.toContain('Canary')
    expect(JSON.stringify(call.config)).toContain('Canary-Pa55')
    expect(filesWith(windows.build, 'Canary-Pa55')).toEqual([])
    expect(readFileSync(join(windows.build, 'logs/verify.log'), 'utf8')).toContain('Target: ')
  })

  it('is a failure when the profile cannot be loaded', async () => {
    using windows = open(102)
    const connection = connect(windows.host, windows.build)
    expect((await inspec.run({ context: windows.context, connection, suite, slug: 'inspec', timeoutMs: 30_000 })).problem).toContain(
      'could not be loaded',
    )
  })

  it('says what to install where it is not there, before anything is made', async () => {
    vi.stubEnv('PATH', '/nowhere')
    const thrown = await requireVerifiers([{ verifier: 'inspec', file: 'verify/profile', options: {} }]).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(MissingError)
    expect((thrown as MissingError).hint).toContain('Cinc Auditor')
  })

  it('says which file of the suite is not there', async () => {
    using windows = open(0)
    const connection = connect(windows.host, windows.build)
    const run = inspec.run({
      context: windows.context,
      connection,
      suite: { ...suite, file: 'verify/other' },
      slug: 'inspec',
      timeoutMs: 1,
    })
    await expect(run).rejects.toBeInstanceOf(UsageError)
  })
})
