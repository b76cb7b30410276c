import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MissingError, UsageError } from '../../src/core/errors.ts'
import { connect } from '../../src/guest/ssh/ssh.ts'
import { withPassword } from '../../src/guest/windows/session.ts'
import { inspec, inspecArguments } from '../../src/verify/inspec.ts'
import { inspecConfig } from '../../src/verify/inspec-target.ts'
import { requireVerifiers } from '../../src/verify/verifiers.ts'
import { filesWith, makeWindows } from '../helpers/windows.ts'

const fixtures = join(import.meta.dirname, '../fixtures/inspec')
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

  it('connects to a Linux machine through the pinned connection, to a separate sshd', () => {
    using windows = makeWindows('verify')
    const connection = connect({ ...windows.host, user: 'admin' }, windows.build)
    const config = JSON.stringify(inspecConfig({ ...connection }, undefined))
    expect(config).toContain('StrictHostKeyChecking=yes')
    expect(config).toContain("'sudo -n /usr/sbin/sshd -i'")
  })

  it('connects to a Windows machine through the local TLS proxy, and trusts only its certificate', () => {
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

describe('InSpec on a machine', () => {
  const suite = { verifier: 'inspec', file: 'verify/profile', options: { waivers: 'verify/waivers.yml' } }
  const open = (exitCode: number, text = 'answers/resskip.json') => {
    const windows = makeWindows('verify', {
      env: { PATH: `${fixtures}:${process.env.PATH}`, FAKE_INSPEC: join(fixtures, text), FAKE_INSPEC_EXIT: String(exitCode) },
    })
    mkdirSync(join(windows.family, 'verify/profile'), { recursive: true })
    writeFileSync(join(windows.family, 'verify/waivers.yml'), '{}')
    vi.stubEnv('FAKE_INSPEC_CALL', join(windows.family, 'call.json'))
    return windows
  }

  it('reads the report, and the password is not in arguments, log and folder', async () => {
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

  it('reports why the profile could not be loaded', async () => {
    using windows = open(102, 'answers/toplevel.json')
    const connection = connect(windows.host, windows.build)
    const { problem } = await inspec.run({ context: windows.context, connection, suite, slug: 'inspec', timeoutMs: 30_000 })
    expect(problem).toContain('could not be loaded: Failed to load source for controls/a.rb: boom at the top')
  })

  it('reports what to install if InSpec is missing, before anything is created', async () => {
    vi.stubEnv('PATH', '/nowhere')
    const thrown = await requireVerifiers([{ verifier: 'inspec', file: 'verify/profile', options: {} }]).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(MissingError)
    expect((thrown as MissingError).hint).toContain('Cinc Auditor')
  })

  it('reports a missing file of the suite', async () => {
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
