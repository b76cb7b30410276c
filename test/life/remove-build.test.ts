import { expect, test } from 'vitest'
import type { Cloud, Created } from '../../src/cloud/cloud.ts'
import type { OpenStack } from '../../src/engine/stack.ts'
import { removeBuild } from '../../src/life/remove-build.ts'

const tags = { tool: 'bakehouse', family: 'web', version: '2026.11.27', build: 'b1', stage: 'promoted', expires: '' } as const
const image: Created = { kind: 'image', id: 'ami-1', tags, state: 'available' }
const snapshot: Created = { kind: 'snapshot', id: 'snap-1', tags, state: 'available' }

/** A cloud in which the engine removes an image, but not its snapshot, which no list has. */
function cloudWithParts(tagParts?: () => Promise<never>) {
  const done: string[] = []
  const here = new Set<Created>([image, snapshot])
  const cloud = {
    list: async () => [...here].filter((each) => each !== snapshot),
    delete: async (created: Created) => {
      done.push(`delete ${created.id}`)
      here.delete(created)
    },
    tagParts:
      tagParts ??
      (async (created: readonly Created[]) => {
        done.push(`tag parts of ${created.map(({ id }) => id).join()}`)
        return [snapshot]
      }),
  } as unknown as Cloud
  const stack = {
    name: 'web-2026.11.27',
    destroy: async () => {
      done.push('destroy')
      here.delete(image)
    },
    destroyAndRemove: async () => Promise.reject(new Error('busy')),
    remove: async () => void done.push('remove'),
  } as unknown as OpenStack
  return { done, here, remains: { cloud, family: 'web', build: 'b1', folder: '/b', stack } }
}

test('parts that the engine leaves, such as snapshots of a copy that failed, are tagged before and deleted after it', async () => {
  const { done, here, remains } = cloudWithParts()
  expect(await removeBuild(remains, (line) => done.push(line))).toEqual([])
  expect(done).toEqual(['tag parts of ami-1', 'destroy', 'delete snap-1', 'remove'])
  expect([...here]).toEqual([])
})

test('the stack is destroyed too if the parts cannot be tagged, and the reason is reported', async () => {
  const { done, remains } = cloudWithParts(async () => Promise.reject(new Error('denied')))
  await removeBuild(remains, (line) => done.push(line))
  expect(done).toEqual(['parts of images could not be tagged: denied', 'destroy', 'remove'])
})

test('a stack that cannot be removed in the run that destroys its resources is removed after them', async () => {
  const { done, remains } = cloudWithParts()
  expect(await removeBuild({ ...remains, isInState: true }, (line) => done.push(line))).toEqual([])
  expect(done).toEqual([
    'tag parts of ami-1',
    'the stack could not be destroyed: busy',
    'delete ami-1',
    'delete snap-1',
    'destroy',
    'remove',
  ])
})

test('a machine that prevents the removal of its network is deleted before the stack is destroyed', async () => {
  const machine: Created = { kind: 'instance', id: 'i-1', tags, state: 'running' }
  const { done, here, remains } = cloudWithParts(async () => [] as never)
  here.add(machine)
  const cloud = { ...remains.cloud, removedFirst: ['instance'] as const }
  expect(await removeBuild({ ...remains, cloud }, (line) => done.push(line))).toEqual([])
  expect(done).toEqual(['delete i-1', 'destroy', 'remove'])
})
