import { expect, it } from 'vitest'
import type { Journal } from '../../src/bake/journal.ts'
import type { Order } from '../../src/bake/plan.ts'
import { makePlan } from '../../src/bake/resolve.ts'
import type { Cloud } from '../../src/cloud/cloud.ts'
import { MissingError } from '../../src/core/errors.ts'
import { readTools } from '../../src/core/tools.ts'
import { readFamily } from '../../src/family/read-family.ts'
import type { Finding } from '../../src/model/finding.ts'
import { familyFiles, makeProject } from '../family/project.ts'

const tools = { '.bakehouse/tools.json': JSON.stringify(readTools()) }
const files = { ...familyFiles('web', 'base: { debian: bookworm }\n'), ...tools }

/** An order for the family `web` of the project, on a cloud that also has these members. */
async function makeOrder(cloud: Partial<Cloud>): Promise<Order> {
  return {
    request: { family: 'web', keep: 'never', dryRun: false, ifChanged: false, prove: false },
    family: await readFamily('web', {}),
    cloud: { name: 'local', resolveBase: async () => ({ kind: 'debian', id: 'b', digest: 'sha256:1' }), ...cloud },
    engine: {
      findState: async () => ({ outputs: {}, resources: [{ name: 'latest-here' }] }),
      findVersion: async () => '3',
    },
  } as unknown as Order
}

it.each<[string, Finding, readonly string[]]>([
  ['with KVM', { name: 'accelerator', status: 'ok', detail: 'kvm' }, ['accelerator: kvm']],
  [
    'with emulation',
    { name: 'accelerator', status: 'warning', detail: 'tcg: /dev/kvm: permission denied for ann', hint: 'usermod -aG kvm ann' },
    ['accelerator: tcg: /dev/kvm: permission denied for ann', 'hint: usermod -aG kvm ann'],
  ],
])('the accelerator is in the first lines of a build %s, with a hint, and in its record', async (_what, finding, lines) => {
  using _project = makeProject(files)
  const told: unknown[] = []
  const journal = { tell: (event: { text?: string }) => told.push(event.text), task: () => {} } as unknown as Journal
  const plan = await makePlan(await makeOrder({ describeHost: async () => finding }), journal, new AbortController().signal)
  expect(told).toEqual(lines)
  expect(plan.toolVersions.accelerator).toBe(finding.detail)
})

it('the names that a build needs are checked before anything is created', async () => {
  using _project = makeProject(files)
  const journal = { tell: () => {}, task: () => {} } as unknown as Journal
  const asked: object[] = []
  const order = await makeOrder({
    requireFreeNames: async ({ name }, names) => {
      asked.push({ name, ...names })
      throw new MissingError('the name is in use')
    },
  })
  await expect(makePlan(order, journal, new AbortController().signal)).rejects.toThrow('the name is in use')
  const images = [/^web-\d{4}\.\d\d\.\d\d$/, /^web-\d{4}\.\d\d\.\d\d-candidate$/].map((name) => expect.stringMatching(name))
  expect(asked).toEqual([{ name: 'web', images, published: new Set(['latest-here']) }])
})
