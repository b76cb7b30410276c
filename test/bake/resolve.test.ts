import { expect, it } from 'vitest'
import type { Journal } from '../../src/bake/journal.ts'
import type { Order } from '../../src/bake/plan.ts'
import { makePlan } from '../../src/bake/resolve.ts'
import { readTools } from '../../src/core/tools.ts'
import { readFamily } from '../../src/family/read-family.ts'
import type { Finding } from '../../src/model/finding.ts'
import { familyFiles, makeProject } from '../family/project.ts'

it.each<[string, Finding, readonly string[]]>([
  ['with KVM', { name: 'accelerator', status: 'ok', detail: 'kvm' }, ['accelerator: kvm']],
  [
    'with emulation',
    { name: 'accelerator', status: 'warning', detail: 'tcg: /dev/kvm: permission denied for ann', hint: 'usermod -aG kvm ann' },
    ['accelerator: tcg: /dev/kvm: permission denied for ann', 'hint: usermod -aG kvm ann'],
  ],
])('the accelerator is in the first lines of a build %s, with a hint, and in its record', async (_what, finding, lines) => {
  const tools = { '.bakehouse/tools.json': JSON.stringify(readTools()) }
  using _project = makeProject({ ...familyFiles('web', 'base: { debian: bookworm }\n'), ...tools })
  const told: unknown[] = []
  const journal = { tell: (event: { text?: string }) => told.push(event.text), task: () => {} } as unknown as Journal
  const order = {
    request: { family: 'web', keep: 'never', dryRun: false, ifChanged: false, prove: false },
    family: await readFamily('web', {}),
    cloud: { name: 'local', resolveBase: async () => ({ kind: 'debian', id: 'b', digest: 'sha256:1' }), describeHost: async () => finding },
    engine: { findState: async () => undefined, findVersion: async () => '3' },
  } as unknown as Order
  const plan = await makePlan(order, journal, new AbortController().signal)
  expect(told).toEqual(lines)
  expect(plan.toolVersions.accelerator).toBe(finding.detail)
})
