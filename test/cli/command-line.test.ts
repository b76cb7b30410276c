import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runArguments } from '../../src/cli/arguments.ts'
import { main } from '../../src/cli/cli.ts'
import { renderFindings } from '../../src/cli/doctor-verb.ts'
import { renderPlan } from '../../src/cli/plan-verb.ts'
import { UsageError } from '../../src/core/errors.ts'
import { writeRecord } from '../../src/records/store.ts'
import { captureOutput } from '../helpers/capture-output.ts'
import { bakehouse, projectWithBuilds } from '../helpers/command-line.ts'
import { sampleRecord } from '../records/sample.ts'

describe('misuse', () => {
  test.each([
    [['--famly', 'x'], 'Expected an option of bake, got --famly', 'did you mean "--family"?'],
    [['--dry-rn'], 'Expected an option of bake, got --dry-rn', 'did you mean "--dry-run"?'],
    [
      ['histroy'],
      'Expected a verb (bake, plan, families, config, history, show, doctor, init, reap, consumers, vm, setup, pulumi, aws-policy, completion), got "histroy"',
      'did you mean "history"?',
    ],
    [['history', '--limt', '3'], 'Expected an option of history, got --limt', 'did you mean "--limit"?'],
    [['--family', 'linux-web', '--keep', 'sometimes'], 'Expected --keep to be one of never, failed, always, got "sometimes"'],
    [['--family'], 'Expected a value after --family, got nothing'],
    [[], 'Expected --family <name> or --all, got neither', 'choose from: linux-web'],
    [['--family', ','], 'Expected --family <name> or --all, got neither'],
    [['--family', 'linux-web', '--all'], 'Expected either --family or --all, got both'],
    [['plan', '--family', 'nothing'], 'Expected a family (linux-web), got "nothing"'],
    [['--family', 'linux-web', '--image-version', '2026.13.01'], 'Expected a version such as 2026.11.23 or 2026.11.23-2, got "2026.13.01"'],
    [['--family', 'linux-web', '--image-version', 'a', '--image-version', 'b'], 'Expected --image-version once, got it 2 times'],
    [['--family', 'linux-web', '--version', '2026.11.23'], 'Expected --image-version', 'use --image-version'],
    [['-f', 'linux-web'], 'Expected an option of bake, got -f', 'did you mean "--family"?'],
    [['linux-web'], 'Expected a verb', 'npm run bake -- --family'],
    [['show', 'linux-web', '2026.11.23', 'more'], 'Expected no further argument of show, got "more"', 'show <family> [version]'],
    [['bake', 'linux-web'], 'Expected no further argument of bake, got "linux-web"', 'did you mean "--family linux-web"?'],
    [['rollback', 'linux-web'], 'The verb rollback does not exist yet', 'the verbs are: bake, plan, families, config, history'],
    [['--family', 'linux-web', '--parallel', '0'], 'Expected --parallel to be a whole number from 1 on, got "0"'],
    [['--family', 'linux-web,nothing'], 'Expected a family (linux-web), got "nothing"'],
    [['show'], 'Missing argument of show: expected npm run bake -- show <family> [version]', 'show --help'],
    [['show', 'linux-wbe'], 'Expected a family (linux-web), got "linux-wbe"', 'did you mean "linux-web"?'],
    [['show', 'linux-web', '2026.11.24'], 'Expected a version of linux-web (2026.11.23, 2026.11.22), got "2026.11.24"'],
    [['history', 'nothing'], 'Expected a family (linux-web), got "nothing"'],
    [['history', '--limit', '-1'], 'Expected --limit to be a whole number from 0 on, got "-1"'],
    [['init', 'Big'], 'Expected the name of a family'],
    [['init', 'linux-web'], 'Expected the name of a new family, got linux-web'],
    [['init', 'linux-db', '--base', 'nothing'], 'Expected a family (linux-web), got "nothing"'],
  ])('%j is an error that says what was expected, and creates nothing', async (args, says, hint = '') => {
    using project = await projectWithBuilds()
    const error = (await runArguments(args).catch((thrown: unknown) => thrown)) as UsageError
    expect(error).toBeInstanceOf(UsageError)
    expect(error.message).toContain(says)
    expect(error.hint ?? '').toContain(hint)
    expect(existsSync(join(project.folder, '.bakehouse/state'))).toBe(false)
  })

  test('prints one JSON object with --json, and the message on stderr', async () => {
    using _project = await projectWithBuilds()
    const { code, stdout, stderr } = await captureOutput(() => main(['--famly', 'x', '--json']))
    const error = { message: 'Expected an option of bake, got --famly', hint: 'did you mean "--family"?', exitCode: 2 }
    expect({ code, json: JSON.parse(stdout) }).toEqual({ code: 2, json: { error } })
    expect(stderr).toContain('error: Expected an option of bake')
  })

  test('ends with exit code 2 and writes only to stderr', async () => {
    using _project = await projectWithBuilds()
    const { code, stdout, stderr } = await bakehouse(['--famly', 'x'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toBe('error: Expected an option of bake, got --famly\nhint: did you mean "--family"?\n')
  })
})

describe('help', () => {
  test.each([
    [['--help'], '--family linux-base'],
    [['history', '--help'], 'history linux-base --limit 0'],
    [['init', '-h'], 'init linux-db --base linux-base'],
  ])('%j prints examples and ends with exit code 0', async (args, example) => {
    const { code, stdout, stderr } = await bakehouse(args)
    expect(stdout).toContain(`npm run bake -- ${example}`)
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })

  test('--version prints the version of the program', async () => {
    expect((await bakehouse(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('history and show', () => {
  test('show a build whose process was killed as interrupted, with a hint', async () => {
    using project = await projectWithBuilds()
    const { endedAt: _, ...running } = sampleRecord({ version: '2026.11.24', status: 'running', startedAt: '2026-11-24T10:00:00.000Z' })
    await writeRecord(join(project.folder, '.bakehouse/builds/linux-web/2026.11.24'), running)
    const history = await bakehouse(['history', '--limit', '1'])
    expect(history.stdout).toMatch(/2026\.11\.24 +interrupted/)
    expect(history.stderr).toContain('reap')
    expect((await bakehouse(['show', 'linux-web'])).stdout).toContain('interrupted')
  })

  test('list the builds and mark the latest good image', async () => {
    using _project = await projectWithBuilds()
    const { stdout, code } = await bakehouse(['history'])
    expect(stdout).toMatch(
      /linux-web +2026\.11\.23 +failed +2026-11-23 13:04 +41\.3 s +linux-base 2026\.11\.22 +1 failed, 3 passed, 1 skipped\n/,
    )
    expect(stdout).toMatch(/linux-web +2026\.11\.22 +promoted \* /)
    expect(code).toBe(0)
  })

  test('show the newest build, or that of the given version', async () => {
    using _project = await projectWithBuilds()
    expect((await bakehouse(['show', 'linux-web'])).stdout).toMatch(/^linux-web 2026\.11\.23: failed/)
    expect((await bakehouse(['show', 'linux-web', '2026.11.22'])).stdout).toContain('record.json')
  })

  test('report a damaged record and still list the other builds', async () => {
    using project = await projectWithBuilds()
    project.write('.bakehouse/builds/linux-web/2026.11.20/record.json', '{')
    const { stdout, stderr, code } = await bakehouse(['history'])
    expect(stdout).toContain('2026.11.22')
    expect(stderr).toContain('2026.11.20/record.json: expected a build record')
    expect(code).toBe(0)
  })

  test.each([[['history']], [['show', 'linux-web']], [['init', 'linux-db']]])('%j --json prints only JSON', async (args) => {
    using _project = await projectWithBuilds()
    const { stdout } = await bakehouse([...args, '--json'])
    expect(() => JSON.parse(stdout)).not.toThrow()
  })

  test('end with exit code 0 if the reader closes the pipe early', async () => {
    using _project = await projectWithBuilds()
    const { code, stderr } = await bakehouse(['history', '--json'], {}, true)
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })

  test('use colours only on a terminal, or with FORCE_COLOR', async () => {
    using _project = await projectWithBuilds()
    expect((await bakehouse(['history'])).stdout).not.toContain('\u001b[')
    expect((await bakehouse(['history'], { FORCE_COLOR: '1' })).stdout).toContain('\u001b[32m')
    expect((await bakehouse(['history'], { FORCE_COLOR: undefined, NO_COLOR: '1' })).stdout).not.toContain('\u001b[')
  })
})

describe('without set-up, under npm', () => {
  const empty = { npm_lifecycle_event: 'bake', BAKEHOUSE_HOME: '/nonexistent/home' }

  test.each([
    [['--help'], 0],
    [['--version'], 0],
    [['init', '-h'], 0],
    [['--famly', 'x'], 2],
    [['--family', 'absent'], 2],
  ])('%j works and does not start set-up', async (args, exitCode) => {
    using _project = await projectWithBuilds()
    const { code, stderr } = await bakehouse(args, empty)
    expect([code, stderr], stderr).toEqual([exitCode, expect.not.stringContaining('Set-up')])
  })

  test('prints one JSON object with --json if set-up fails', async () => {
    using project = await projectWithBuilds()
    const BAKEHOUSE_HOME = join(project.folder, 'playbooks/linux-web/family.yaml/home')
    const { code, stdout } = await bakehouse(['--family', 'linux-web', '--json'], { BAKEHOUSE_HOME })
    const error = { message: expect.stringMatching(/\w/), hint: expect.stringMatching(/\w/), exitCode: 3 }
    expect([code, JSON.parse(stdout)]).toEqual([3, { error }])
  })

  test('doctor reports missing tools and the command that installs them', async () => {
    using _project = await projectWithBuilds()
    const { code, stdout } = await bakehouse(['doctor'], empty)
    expect([code, stdout]).toEqual([3, expect.stringContaining('npm run setup')])
  })
})

describe('doctor', () => {
  test('prints a hint below each check that failed', () => {
    const findings = [
      { name: 'qemu', status: 'missing', detail: 'spawn ENOENT\nmore', hint: 'npm run setup' },
      { name: 'node', status: 'ok', detail: '24', hint: 'not needed' },
    ] as const
    expect(renderFindings(findings)).toEqual(['✗ qemu  spawn ENOENT', '  hint: npm run setup', '✓ node  24'])
  })
})

describe('init', () => {
  test('creates a valid family, and refuses a name that exists', async () => {
    using project = await projectWithBuilds()
    const { stdout, code } = await bakehouse(['init', 'linux-db', '--base', 'linux-web'])
    expect(stdout).toContain('npm run bake -- --family linux-db')
    expect(code).toBe(0)
    expect(existsSync(join(project.folder, 'playbooks/linux-db/verify/goss.yaml'))).toBe(true)
    expect((await bakehouse(['init', 'linux-db'])).code).toBe(2)
  })

  test('says what the weekly build needs, also if its file existed already', async () => {
    using project = await projectWithBuilds()
    const first = await bakehouse(['init', 'one', '--ci', 'github'])
    expect(first.stdout).toContain('Before the weekly build can run:\n  - set the variables that docs/ci.md')
    expect(first.stdout).not.toContain('- add one')
    const second = await bakehouse(['init', 'two', '--base', 'one', '--ci', 'github'])
    expect(second.stdout).toContain(
      '  - build one there first: two starts from its latest good image\n  - add two to .github/workflows/bake.yml',
    )
    expect(existsSync(join(project.folder, '.github/workflows/bake.yml'))).toBe(true)
  })
})

describe('plan', () => {
  test('ends with the command that builds exactly the families that need a build', () => {
    const planned = [
      { family: 'base', cloud: 'local', needsBuild: false, why: 'its inputs are those of its latest good image' },
      { family: 'web', cloud: 'local', needsBuild: true, why: 'it has no promoted image yet' },
      { family: 'bad', why: 'playbooks/bad/family.yaml:1:1: expected …', error: { message: '…', exitCode: 2 } },
      { family: 'db', cloud: 'local', needsBuild: true, why: 'its parent family web needs a build' },
    ]
    expect(renderPlan(planned).at(-1)).toContain('npm run bake -- --family web,db --if-changed')
    expect(renderPlan(planned.slice(0, 1)).join('\n')).not.toContain('--if-changed')
  })
})
