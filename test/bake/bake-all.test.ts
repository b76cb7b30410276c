import { describe, expect, test } from 'vitest'
import { bakeAll } from '../../src/bake/bake-all.ts'
import type { BakeFamily } from '../../src/bake/bake-family.ts'
import { renderAgain, renderFailure, renderOutcome } from '../../src/cli/render-outcome.ts'
import type { FamilyListener } from '../../src/model/events.ts'
import type { BakeOutcome } from '../../src/model/outcome.ts'
import { worstExitCode } from '../../src/model/outcome.ts'
import type { BakeRequest } from '../../src/model/request.ts'
import { familyFiles, makeProject } from '../family/project.ts'

const request = (family: string): BakeRequest => ({ family, keep: 'never', dryRun: false, ifChanged: false, prove: false })
const outcome = (family: string, parts: Partial<BakeOutcome> = {}): BakeOutcome => ({
  status: 'promoted',
  family,
  version: '2026.11.23',
  cloud: 'local',
  durationMs: 41_300,
  phases: [],
  ...parts,
})
const failure = (family: string): BakeOutcome =>
  outcome(family, { status: 'failed', error: { message: 'no', exitCode: 10, phase: 'verify' } })

const families = (): ReturnType<typeof makeProject> =>
  makeProject({
    ...familyFiles('top', 'base: { family: middle }\n'),
    ...familyFiles('middle', 'base: { family: bottom }\n'),
    ...familyFiles('bottom', 'base: { debian: bookworm }\n'),
    ...familyFiles('other', 'base: { debian: bookworm }\n'),
  })

function recorder(ending: (family: string) => BakeOutcome): { bakeFamily: BakeFamily; told: string[] } {
  const told: string[] = []
  return {
    told,
    bakeFamily: async ({ family }) => {
      told.push(`${family} starts`)
      await new Promise((resolve) => setTimeout(resolve, 5))
      told.push(`${family} ends`)
      return ending(family)
    },
  }
}

describe('several families', () => {
  test('are built after their parent families, in any order of the request', async () => {
    using _project = families()
    const { bakeFamily, told } = recorder(outcome)
    const outcomes = await bakeAll(['top', 'bottom', 'middle'].map(request), { parallel: 8, bakeFamily })
    expect(told).toEqual(['bottom starts', 'bottom ends', 'middle starts', 'middle ends', 'top starts', 'top ends'])
    expect(outcomes.map(({ family }) => family)).toEqual(['top', 'bottom', 'middle'])
  })

  test('are skipped if their parent family failed, while others are built', async () => {
    using _project = families()
    const { bakeFamily, told } = recorder((family) => (family === 'bottom' ? failure(family) : outcome(family)))
    const outcomes = await bakeAll(['top', 'middle', 'bottom', 'other'].map(request), { parallel: 8, bakeFamily })
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed', 'promoted'])
    expect(outcomes[0]?.error?.message).toBe('not built: its parent family middle failed')
    expect(told).not.toContain('top starts')
  })

  test('report all their events with the name of the family', async () => {
    using _project = families()
    const told: string[] = []
    const bakeFamily: BakeFamily = async ({ family }, listen) => {
      listen({ type: 'task', phase: 'resolve', name: 'look', at: '' })
      return outcome(family)
    }
    const listen: FamilyListener = (family, event) => told.push(`${family} ${event.type === 'ended' ? event.status : event.type}`)
    await bakeAll(['other', 'bottom'].map(request), { listen, parallel: 1, bakeFamily })
    // The order of events of different families is not fixed.
    expect(told.filter((line) => line.startsWith('other'))).toEqual(['other task', 'other promoted'])
    expect(told.filter((line) => line.startsWith('bottom'))).toEqual(['bottom task', 'bottom promoted'])
  })

  test('are not built in parallel beyond the requested number', async () => {
    using _project = families()
    const { bakeFamily, told } = recorder(outcome)
    await bakeAll(['bottom', 'other'].map(request), { parallel: 1, bakeFamily })
    expect(told).toEqual(['bottom starts', 'bottom ends', 'other starts', 'other ends'])
  })

  test('are not started if one of their files has a mistake', async () => {
    using project = families()
    project.write('playbooks/other/family.yaml', 'base: none\n')
    const { bakeFamily, told } = recorder(outcome)
    await expect(bakeAll(['bottom', 'other'].map(request), { bakeFamily })).rejects.toThrow('family.yaml:1:7: expected base')
    expect(told).toEqual([])
  })
})

test.each<[string, Partial<BakeOutcome>[], number]>([
  ['all promoted', [{}, {}], 0],
  ['a preview', [{ status: 'preview' }], 0],
  ['nothing to do', [{ status: 'unchanged' }], 7],
  ['one promoted, one unchanged', [{}, { status: 'unchanged' }], 0],
  ['one failed', [{}, { status: 'failed', error: { message: '', exitCode: 10 } }], 10],
  [
    'one mistake in a family file and one failed',
    [
      { status: 'failed', error: { message: '', exitCode: 10 } },
      { status: 'failed', error: { message: '', exitCode: 2 } },
    ],
    2,
  ],
  ['an internal error', [{ status: 'failed', error: { message: '', exitCode: 1 } }, { status: 'cancelled' }], 1],
  ['interrupted', [{ status: 'interrupted' }, { status: 'cancelled' }], 9],
  ['cancelled', [{ status: 'cancelled' }, { status: 'failed', error: { message: '', exitCode: 10 } }], 8],
])('the exit code of several builds is that of the most important outcome: %s', (_what, parts, code) => {
  expect(worstExitCode(parts.map((each, index) => outcome(`f${index}`, each)))).toBe(code)
})

describe('the final output', () => {
  test('of a failed build contains family, version, phase, cause, hint, log, diagnostics and the command that repeats it', () => {
    const failed = outcome('linux-web', {
      status: 'failed',
      logPath: '/b/logs',
      diagnosticsPath: '/b/diagnostics',
      error: { message: 'hygiene: no authorized keys are left', hint: 'look at the machine', exitCode: 10, phase: 'verify' },
    })
    expect(renderFailure(failed, { ...request('linux-web'), cloud: 'local' })).toEqual([
      'error: linux-web 2026.11.23: verify failed: hygiene: no authorized keys are left',
      'hint: look at the machine',
      '  log          /b/logs',
      '  diagnostics  /b/diagnostics',
      '  run again    npm run bake -- --family linux-web --cloud local --keep failed',
    ])
  })

  test('of an internal error contains its stack trace', () => {
    const failed = outcome('x', { status: 'failed', error: { message: 'boom', exitCode: 1, stack: 'Error: boom\n    at here' } })
    expect(renderFailure(failed, request('x')).join('\n')).toContain('at here')
  })

  test('of a mistake in a family file has a line that starts with file:line:column, for editors', () => {
    const message = 'playbooks/x/family.yaml:3:9: expected machine.cpus to be a whole number from 1 to 64, got "two"'
    const failed = outcome('x', { status: 'failed', version: '', error: { message, exitCode: 2 } })
    expect(renderFailure(failed, request('x'))).toEqual(['error: a mistake in a family file', message])
  })

  test('of a cancelled build contains the phase, what is left, and the command that removes it', () => {
    const error = { message: 'cancelled during configure; not removed: instance vm-1', exitCode: 8, phase: 'configure' } as const
    const cancelled = outcome('x', { status: 'cancelled', left: ['instance vm-1'], error })
    expect(renderFailure(cancelled, request('x'))).toEqual([
      'error: x 2026.11.23: cancelled during configure; not removed: instance vm-1',
      '  not removed   instance vm-1',
      '  to remove it  npm run bake -- reap --family x',
    ])
  })

  test('of a build that was cancelled early says that nothing was created', () => {
    const error = { message: 'cancelled before anything was created', exitCode: 8, phase: 'resolve' } as const
    expect(renderFailure(outcome('x', { status: 'cancelled', version: '', error }), request('x'))).toEqual([`error: x: ${error.message}`])
  })

  test('of a promoted build contains the paths of image, report and logs', () => {
    const good = outcome('linux-web', {
      imagePath: '/i.qcow2',
      reportPath: '/b/report.html',
      logPath: '/b/logs',
      verified: [{ suite: 'a', passed: 58, failed: 0, at: '' }],
    })
    expect(renderOutcome(good)).toEqual([
      'linux-web 2026.11.23 promoted in 41.3 s, 58 checks passed',
      '  image   /i.qcow2',
      '  report  /b/report.html',
      '  logs    /b/logs',
    ])
  })

  test('of a preview lists what would be created', () => {
    const preview = outcome('linux-web', {
      status: 'preview',
      changes: [{ operation: 'create', type: 'qemu:index:Instance', name: 'base' }],
    })
    expect(renderOutcome(preview)).toContain('  + create  qemu:index:Instance  base')
  })

  test('contains --prove and --backend of the request in the command that repeats it', () => {
    expect(renderAgain({ ...request('a'), prove: true, backend: 's3://b' })).toBe(
      "npm run bake -- --family a --prove --backend 's3://b' --keep failed",
    )
  })
})
