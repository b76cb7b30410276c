import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseDuration } from '../../src/core/duration.ts'
import { sourceFolder } from '../../src/core/paths.ts'
import { readFamily } from '../../src/family/read-family.ts'
import { longestBuild } from '../../src/model/lifetime.ts'
import { pythonPackages } from '../../src/setup/package-names.ts'
import { missingTools } from '../../src/setup/system-packages.ts'

interface Step {
  readonly name?: string
  readonly if?: string
  readonly run?: string
  readonly uses?: string
  readonly with?: Readonly<Record<string, string | number>>
}

const root = join(sourceFolder(), '..')
const workflow = readFileSync(join(root, '.github/workflows/bake.yml'), 'utf8')
const page = readFileSync(join(root, 'docs/ci.md'), 'utf8')
const { jobs, on, permissions } = parse(workflow)
const job = jobs.bake
const steps = job.steps as readonly Step[]
const find = (part: string, from = 0): number => steps.findIndex((step, index) => index >= from && JSON.stringify(step).includes(part))
const [bake, reap] = [find('bake -- --family'), find('bake -- reap')]

/** The packages that an ordinary user needs on an empty Debian computer. */
const packagesFor = (machines: boolean): string[] => {
  const tools = missingTools({ machines, debian: machines, checks: false }, false, () => false)
  return [...tools.flatMap(({ packages }) => packages.apt ?? []), pythonPackages.apt].join(' ').split(' ').sort()
}
const packagesIn = (script: string): string[] =>
  (/--no-install-recommends ([^&]*?)(\n[^\s]|$)/.exec(script.replaceAll('\\\n', ' '))?.[1] ?? '').trim().split(/\s+/).sort()

describe('the workflow for GitHub', () => {
  test('installs with sudo the packages that set-up needs for local machines, and only for those', () => {
    const step = steps[find('apt-get install')]
    expect(step?.if).toBe("env.CLOUD == 'local'")
    expect(packagesIn(step?.run ?? '')).toEqual(packagesFor(true).filter((name) => !['apt', 'python3'].includes(name)))
    expect(step?.run?.match(/^\S+ apt-get/gm)).toEqual(['sudo apt-get', 'sudo apt-get'])
  })

  test('opens /dev/kvm before the build', () => {
    const place = find('chmod 0666 /dev/kvm')
    expect(place).toBeGreaterThanOrEqual(0)
    expect(place).toBeLessThan(bake)
  })

  test('assumes the AWS role before the build, and again between the build and reap, also after a failure', () => {
    const role = (from: number) => find('aws-actions/configure-aws-credentials', from)
    const again = role(bake)
    expect(role(0)).toBeLessThan(bake)
    expect([again > bake, again < reap]).toEqual([true, true])
    expect(steps[again]?.if).toContain('always()')
    expect(steps[role(0)]?.with?.['role-duration-seconds']).toBeGreaterThanOrEqual(job['timeout-minutes'] * 60)
  })

  test('assumes the role for a local family too, if there is one, because the state may be in AWS', () => {
    const conditions = steps.filter(({ uses }) => uses?.includes('configure-aws-credentials')).map((step) => step.if)
    expect(conditions).toEqual(["vars.BAKEHOUSE_ROLE != ''", "always() && vars.BAKEHOUSE_ROLE != ''"])
  })

  test('starts at a minute that is not the full, half or quarter hour', () => {
    for (const { cron } of on.schedule) expect(Number(cron.split(' ')[0]) % 15, cron).not.toBe(0)
  })

  test('has a time limit that is at least the longest build of each of its families', async () => {
    const [, list = '[]'] = /\|\| '(\[.*\])'/.exec(job.strategy.matrix.family) ?? []
    const families = JSON.parse(list) as string[]
    expect(families).not.toEqual([])
    for (const name of families) {
      const needed = longestBuild(await readFamily(name, { cloud: 'aws' })) / 60_000
      expect(job['timeout-minutes'], `${name} may take ${needed} minutes: set timeout-minutes`).toBeGreaterThanOrEqual(needed)
    }
  })

  test('never cancels a running build, always runs reap, and has no long-lived credentials', () => {
    expect(Object.keys(on)).toEqual(['schedule', 'workflow_dispatch'])
    expect(permissions).toEqual({ contents: 'read', 'id-token': 'write' })
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub Actions
    expect(job.concurrency).toEqual({ group: 'bake-${{ matrix.family }}', 'cancel-in-progress': false })
    expect(steps[reap]?.if).toBe('always()')
    expect(workflow).not.toMatch(/secrets\.|ACCESS_KEY/)
  })
})

describe('the page on CI', () => {
  test.each([
    [
      'the longest session of the role',
      `\`MaxSessionDuration\` of the role | at least \`role-duration-seconds\` of the workflow: ${14_400}`,
    ],
    ['that GitHub stops the schedules of quiet repositories', /disables schedules .* after 60 days without activity/],
    ['the parts of the time limit', /`timeout-minutes` .*`configure.timeout`.*`seal.timeout`.*`verify.timeout`.*`login.timeout`/],
  ])('names %s', (_what, text) => {
    expect(page).toEqual(typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text))
    expect(steps[find('role-duration-seconds')]?.with?.['role-duration-seconds']).toBe(14_400)
  })

  describe('has a recipe for GitLab that', () => {
    const recipe = parse(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '').bake

    test('installs the packages that a family on EC2 needs', () => {
      expect(packagesIn(recipe.before_script[0]).filter((name) => name !== 'ca-certificates' && name !== 'python3')).toEqual(
        packagesFor(false).filter((name) => name !== 'python3'),
      )
    })

    test('has time for its family, builds it once at a time, and cleans up with a valid token', async () => {
      const { RUNNER_SCRIPT_TIMEOUT: script, RUNNER_AFTER_SCRIPT_TIMEOUT: after } = recipe.variables
      expect(parseDuration(script)).toBeGreaterThanOrEqual(longestBuild(await readFamily('linux-base', { cloud: 'aws' })))
      expect(parseDuration(script) + parseDuration(after)).toBeLessThan(parseDuration(recipe.timeout))
      expect(recipe.resource_group).toBe('bake-linux-base')
      expect(recipe.script).toEqual(['npm run bake -- --family linux-base --cloud aws'])
      expect(recipe.after_script.at(-1)).toBe('npm run bake -- reap --family linux-base --cloud aws')
      expect(recipe.after_script[0]).toContain('"$AWS_TOKEN"')
    })

    test('keeps the reports of every build, but no keys', () => {
      expect(recipe.artifacts).toMatchObject({ when: 'always', exclude: [expect.stringContaining('keys')] })
    })
  })
})
