import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openJournal } from '../../src/bake/journal.ts'
import type { Reserved } from '../../src/bake/reserve.ts'
import { settle } from '../../src/bake/settle.ts'
import { createRedactor } from '../../src/core/redact/redact.ts'
import { wordsOf } from '../../src/report/words.ts'

const folder = mkdtempSync(join(tmpdir(), 'settle-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A build with one machine. The cloud can be set to refuse its deletion. */
function reserve({ deletes = true, keep = 'never' }: { deletes?: boolean; keep?: string }) {
  const things = new Set(['vm-1'])
  const done: string[] = []
  const cloud = {
    name: 'fake',
    list: async () => [...things].map((id) => ({ kind: 'instance', id, tags: {}, state: 'running' })),
    delete: async ({ id }: { id: string }) => {
      if (!deletes) throw new Error('the cloud says no')
      done.push(`delete ${id}`)
      things.delete(id)
    },
  }
  const stack = {
    name: 'web-1',
    destroy: async () => done.push('destroy'),
    destroyAndRemove: async () => done.push('destroy and remove'),
    remove: async () => done.push('remove'),
  }
  const plan = { cloud, folder, build: 'b', family: { name: 'web' }, request: { family: 'web', keep }, redactor: createRedactor([]) }
  return { reserved: { plan: { ...plan, version: '1', stackName: 'web-1' }, stack } as unknown as Reserved, done }
}

const host = { instanceId: 'vm-1', transport: 'ssh', address: 'a', port: 22, user: 'u', identityFile: '/k', knownHostsFile: '/h' } as const
const unsettled = (kind: 'cancelled' | 'rejected') => {
  const journal = openJournal(() => {})
  journal.start('configure')
  const trouble = kind === 'cancelled' ? ({ kind } as const) : ({ kind, why: 'no' } as const)
  return { trouble, steps: {}, hosts: [host], journal, expires: '2026-11-23T12:00:00Z' }
}

it('a cancelled build reports nothing as left after everything was removed', async () => {
  const { reserved, done } = reserve({})
  const ending = await settle(reserved, unsettled('cancelled'))
  expect(done).toEqual(['destroy', 'delete vm-1', 'remove'])
  expect(wordsOf(ending, 'web')).toEqual({ message: 'cancelled during configure; everything the build made was removed' })
})

it('a build that a step rejected takes one run of the engine for its removal', async () => {
  const { reserved, done } = reserve({})
  await settle(reserved, unsettled('rejected'))
  expect(done).toEqual(['destroy and remove', 'delete vm-1'])
})

it('a cancelled build lists what is left and the command that removes it, if the removal failed', async () => {
  const { reserved } = reserve({ deletes: false })
  const ending = await settle(reserved, unsettled('cancelled'))
  expect(ending).toMatchObject({ kind: 'cancelled', left: ['instance vm-1', 'stack web-1'] })
  expect(wordsOf(ending, 'web')).toEqual({
    message: 'cancelled during configure; not removed: instance vm-1, stack web-1',
    hint: 'delete it: npm run bake -- reap --family web',
  })
})

it.each([
  ['a rejected build keeps its machine with --keep failed', 'rejected', 'failed', ['ssh -i /k']],
  ['a cancelled build keeps no machine', 'cancelled', 'failed', undefined],
  ['a rejected build keeps no machine without --keep', 'rejected', 'never', undefined],
] as const)('%s', async (_claim, kind, keep, logins) => {
  const { reserved, done } = reserve({ keep })
  const { kept } = await settle(reserved, unsettled(kind))
  expect(kept?.logins.map((line) => line.slice(0, 9))).toEqual(logins)
  expect(done.length === 0).toBe(logins !== undefined)
})
