import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { windowsChecks } from '../../../src/guest/windows/checks.ts'
import { parseWindowsHygiene, renderHygieneScript } from '../../../src/guest/windows/hygiene.ts'
import { suitePassed } from '../../../src/model/suite-result.ts'
import { configure } from '../../../src/steps/configure.ts'
import { verify } from '../../../src/steps/verify.ts'
import { type FakeTest, renderPesterResults } from '../../helpers/pester.ts'
import { makeWindows } from '../../helpers/windows.ts'

const base = { machineId: 'S-1-5-21-1-2-3', hostKeys: [] }
const said = (...lines: string[]): string => `machine-id S-1-5-21-4-5-6\n${lines.join('\n')}\nhygiene done\n`
/** The checks that compare machines. They are not in the script. */
const compared = ['machine-id-differs-from-base', 'machine-id-differs-between-clones']
const good = 'case\tpassed\t12\timage-generalised\t'
const outcome = (stdout: string, about: object = {}) => ({ stdout, stderr: '', ...about })

describe('the hygiene report of a Windows image', () => {
  it('has a case for each check, and one for the SID', () => {
    const report = parseWindowsHygiene(
      outcome(said(good, 'case\tfailed\t3\tno-extra-winrm-listeners\ta listener with the certificate AB')),
      base,
    )
    expect(report.problem).toBeUndefined()
    expect(report.cases.map(({ name, status }) => [name, status])).toEqual([
      ['image-generalised', 'passed'],
      ['no-extra-winrm-listeners', 'failed'],
      ['machine-id-differs-from-base', 'passed'],
    ])
    expect(report.cases[1]?.message).toBe('a listener with the certificate AB')
    expect(report.identity.machineId).toBe('S-1-5-21-4-5-6')
  })

  it('fails if the image has the SID of the base machine', () => {
    const { cases } = parseWindowsHygiene(outcome(said(good)), { ...base, machineId: 'S-1-5-21-4-5-6' })
    expect(cases.at(-1)).toMatchObject({ status: 'failed', message: 'the base machine has the same: S-1-5-21-4-5-6' })
  })

  it.each([
    ['the script did not run to its end', outcome(`machine-id S-1\n${good}\n`), 'did not finish'],
    ['the script printed nothing', outcome(''), 'it printed no error'],
    [
      'PowerShell refused it',
      outcome('', { stderr: 'cannot be loaded because running scripts is disabled\nx' }),
      'running scripts is disabled',
    ],
    ['the machine was not reached', outcome(said(good), { problem: 'no route' }), 'no route'],
  ])('fails if %s', (_what, given, why) => {
    expect(parseWindowsHygiene(given, base).problem).toContain(why)
  })

  it('fails if the machine prints no SID', () => {
    expect(parseWindowsHygiene(outcome(`${good}\nhygiene done\n`), base).cases.at(-1)?.status).toBe('error')
  })

  it('contains each check once, and PowerShell expands nothing in its variables', () => {
    const script = renderHygieneScript({ trialKey: "AAAA'$(x)", trialThumbprint: 'AB', buildUser: 'Administrator', now: 1 })
    const names = [...script.matchAll(/^Check '([^']+)'/gm)].map(([, name]) => name)
    expect([...names, ...compared].sort()).toEqual([...windowsChecks].sort())
    expect(script).toContain("$TrialKey = 'AAAA''$(x)'")
  })
})

describe('verifying a Windows image', () => {
  const passedTest: FakeTest = { path: ['The machine', 'has a home'], result: 'Passed' }
  const open = () => {
    const windows = makeWindows('verify', { family: { verify: { suites: [{ pester: 'verify/base.Tests.ps1' }] } } })
    windows.answer('hygiene/outcome.json', { rc: 0, stdout: said(good), stderr: '' })
    windows.answer('pester/outcome.json', { rc: 0, stdout: '', stderr: '' })
    windows.answer('pester/pester-results.json', renderPesterResults([passedTest]))
    return windows
  }

  it('runs the hygiene checks first, then the suites of the family', async () => {
    using windows = open()
    const { status, suites } = await verify(windows.context)
    expect(status).toBe('ok')
    expect(suites.map(({ suite }) => suite)).toEqual(['hygiene', 'pester'])
    expect(suites.every(suitePassed)).toBe(true)
    expect(windows.calls().map(({ kind }) => kind)).toEqual(['hygiene', 'pester'])
    expect(readFileSync(`${windows.build}/junit/pester.xml`, 'utf8')).toContain('tests="1"')
  })

  it('takes a finding that the family allows for passed, and shows the reason', async () => {
    const allow = { 'firewall-on': 'a proxy filters all traffic' }
    using windows = makeWindows('verify', { family: { hygiene: { allow }, verify: { suites: [] } } })
    const findings = [1, 2].map((at) => `case\tfailed\t1\t${at === 1 ? 'firewall-on' : 'disk-space'}\tit is off`)
    windows.answer('hygiene/outcome.json', { rc: 0, stdout: said(good, findings[0] ?? ''), stderr: '' })
    expect(await verify(windows.context)).toMatchObject({ status: 'ok' })
    const junit = readFileSync(`${windows.build}/junit/hygiene.xml`, 'utf8')
    expect(junit).toContain('<system-out>allowed: a proxy filters all traffic; found: it is off</system-out>')
    expect(junit).toContain('failures="0"')
    windows.answer('hygiene/outcome.json', { rc: 0, stdout: said(good, ...findings), stderr: '' })
    expect(await verify(windows.context)).toMatchObject({ status: 'failed', cause: 'hygiene: disk-space: it is off' })
  })

  it.each([
    [
      'a failing check',
      'hygiene/outcome.json',
      { rc: 0, stdout: said('case\tfailed\t1\tfirewall-on\tthe profile Public is off'), stderr: '' },
      'hygiene: firewall-on: the profile Public is off',
    ],
    [
      'a failing test that the exit code calls passed',
      'pester/pester-results.json',
      renderPesterResults([{ ...passedTest, result: 'Failed', message: 'Expected 1' }]),
      'pester: the result of Pester is Failed, but the exit code is 0 (and 1 more)',
    ],
    ['truncated results', 'pester/pester-results.json', '{"result":"Passed"', 'pester: the results of Pester are incomplete'],
    [
      'results with less than was run',
      'pester/pester-results.json',
      renderPesterResults([passedTest], { total: 2 }),
      'pester: Pester ran 2 tests',
    ],
  ] as [string, string, string | object, string][])('stops promotion at %s, and names it', async (_what, path, content, why) => {
    using windows = open()
    windows.answer(path, content)
    expect(await verify(windows.context)).toMatchObject({ status: 'failed', cause: expect.stringContaining(why) })
  })
})

describe('two machines of one Windows image', () => {
  const verifyTwo = async (verification: object, ...sids: string[]) => {
    using windows = makeWindows('verify', { family: { verify: { suites: [], ...verification } } })
    const hosts = sids.map((sid, index) => {
      windows.answer(`hygiene-vm-${index + 1}/outcome.json`, { rc: 0, stdout: said(good).replace('S-1-5-21-4-5-6', sid), stderr: '' })
      return { ...windows.host, instanceId: `vm-${index + 1}` }
    })
    const answer = await verify({ ...windows.context, hosts })
    return { answer, suites: answer.suites.map(({ suite }) => suite), kinds: windows.calls().map(({ kind }) => kind) }
  }

  it('must have different SIDs', async () => {
    const same = await verifyTwo({ clones: 2 }, 'S-1-5-21-7-8-9', 'S-1-5-21-7-8-9')
    expect(same.answer).toMatchObject({
      status: 'failed',
      cause: expect.stringContaining('two machines have the same machine id: S-1-5-21-7-8-9'),
    })
    const { suites } = await verifyTwo({ clones: 2 }, 'S-1-5-21-7-8-9', 'S-1-5-21-7-8-8')
    expect(suites).toEqual(['hygiene', 'hygiene (clone 2)', 'clones'])
  })

  it('are verified again after a reboot, if the family requests it', async () => {
    const { suites, kinds } = await verifyTwo({ reboot: true }, 'S-1-5-21-7-8-9')
    expect(suites).toEqual(['hygiene', 'hygiene (after reboot)'])
    expect(kinds).toEqual(['hygiene', 'reboot', 'hygiene'])
  })
})

describe('configuring a Windows machine', () => {
  it('saves the SID of the base machine before the playbook runs', async () => {
    using windows = makeWindows('configure')
    windows.answer('identity/outcome.json', { rc: 0, stdout: 'machine-id S-1-5-21-1-2-3\r\n', stderr: '' })
    await configure(windows.context)
    expect(windows.calls().map(({ kind }) => kind)).toEqual(['identity', 'playbook'])
    expect(JSON.parse(readFileSync(`${windows.build}/base-identity.json`, 'utf8'))).toEqual(base)
  })

  it('uses OpenSSH with PowerShell as shell, and a pinned host key', async () => {
    using windows = makeWindows('configure')
    windows.answer('identity/outcome.json', { rc: 0, stdout: 'machine-id S-1\n', stderr: '' })
    await configure(windows.context)
    const host = windows.calls().at(-1)?.inventory.all.hosts.win
    expect(host).toMatchObject({ ansible_connection: 'ssh', ansible_shell_type: 'powershell', ansible_user: 'Administrator' })
    expect(host?.ansible_ssh_args).toContain('StrictHostKeyChecking=yes')
  })
})
