import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { run } from '../../src/core/exec.ts'
import { makeProject, type Project } from '../helpers/project.ts'
import { reapedIn } from '../helpers/reaped.ts'
import { tinyFamily } from '../helpers/tiny-family.ts'

const thorough = [
  'base: {debian: bookworm, variant: lean}',
  'verify: {clones: 2, reboot: true, suites: [{goss: verify/goss.yaml}, {goss: verify/weak.yaml}]}',
  '',
].join('\n')

const project: Project = makeProject({
  ...tinyFamily('thorough', { family: thorough }),
  'thorough/verify/weak.yaml': 'file:\n  /etc/debian_version: {exists: true}\n',
  ...tinyFamily('failing', { goss: 'file:\n  /etc/absent: {exists: true}\n' }),
})
afterAll(() => project[Symbol.asyncDispose](), 120_000)

const instances = (): string[] => (existsSync(join(project.home, 'instances')) ? readdirSync(join(project.home, 'instances')) : [])

describe('verify with two clones and a reboot', () => {
  it('runs all suites on both clones before and after the reboot, and names the weak suite', async () => {
    const { outcome, exitCode, stderr } = await project.bake('thorough', ['--prove'])
    expect([exitCode, outcome.status], stderr).toEqual([0, 'promoted'])
    const once = ['hygiene', 'goss goss', 'goss weak']
    const both = [...once, ...once.map((suite) => `${suite} (clone 2)`)]
    const again = both.map((suite) => `${suite} (after reboot)`)
    expect(outcome.verified?.map(({ suite }) => suite).sort()).toEqual([...both, 'clones', ...again, 'clones (after reboot)'].sort())
    expect(outcome.verified?.every(({ passed, failed }) => passed > 0 && failed === 0)).toBe(true)
    expect(outcome.provesNothing).toEqual(['goss weak'])
    expect(JSON.parse(readFileSync(outcome.recordPath ?? '', 'utf8')).provesNothing).toEqual(['goss weak'])
    expect(instances()).toEqual([])
  })
})

describe('the machine of a failed test, with --keep failed', () => {
  let login = ''

  it('still runs, and the printed command logs in to it', async () => {
    const { outcome, exitCode, stderr } = await project.bake('failing', ['--keep', 'failed'])
    expect([exitCode, outcome.status, outcome.error?.phase], stderr).toEqual([10, 'failed', 'verify'])
    expect(outcome.kept).toEqual([expect.stringMatching(/^ssh .*-i .* \(until \d{4}-.*Z\)$/)])
    expect(stderr).toContain('reap --kept --family failing')
    login = outcome.kept?.[0]?.replace(/ +\(until .*$/, '') ?? ''
    const { stdout } = await run('sh', ['-c', `${login} -o BatchMode=yes cat /etc/tiny`])
    expect(stdout).toBe('baked')
  })

  it('has a diagnostics folder with README.txt, logs, reports, console and screenshot', () => {
    const [version = ''] = readdirSync(join(project.home, 'builds/failing'))
    const folder = join(project.home, 'builds/failing', version, 'diagnostics')
    const names = readdirSync(folder)
    expect(names).toEqual(expect.arrayContaining(['README.txt', 'events.jsonl', 'junit', 'logs', 'trial-console.log', 'trial-screen.png']))
    expect(names.some((name) => name.endsWith('-journal.txt'))).toBe(true)
    const readme = readFileSync(join(folder, 'README.txt'), 'utf8')
    expect(readme).toContain(`failing ${version}: verify failed: goss: `)
    expect(readme).toContain('npm run bake -- --family failing --keep failed')
  })

  it('is deleted by reap --kept, but not by reap', async () => {
    expect(reapedIn(await project.bakehouse(['reap', '--json']))).toEqual([])
    expect(instances()).not.toEqual([])
    const { stdout, exitCode } = await project.bakehouse(['reap', '--kept', '--family', 'failing', '--json'])
    expect([exitCode, JSON.parse(stdout).map(({ action }: { action: string }) => action)]).toEqual([0, expect.arrayContaining(['removed'])])
    expect(instances()).toEqual([])
    expect((await run('sh', ['-c', `${login} -o BatchMode=yes true`])).exitCode).not.toBe(0)
    expect(reapedIn(await project.bakehouse(['reap', '--kept', '--json']))).toEqual([])
  })
})
