import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { followEvents } from '../../src/bake/follow-events.ts'
import type { BuildEvent } from '../../src/model/events.ts'

test('an event is complete although a read ended within a line and within a character', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'follow-events-'))
  const file = join(folder, 'events.jsonl')
  const event: BuildEvent = { type: 'note', phase: 'resolve', text: 'Größe', at: '2026-11-23T10:00:00Z' }
  const line = Buffer.from(`${JSON.stringify(event)}\n`)
  const withinCharacter = line.indexOf('ö') + 1
  const told: BuildEvent[] = []
  {
    await using _following = followEvents(file, (each) => told.push(each))
    appendFileSync(file, line.subarray(0, withinCharacter))
    // It reads every 100 ms. On a slow computer it may read both parts together, which is right too.
    await sleep(500)
    appendFileSync(file, line.subarray(withinCharacter))
  }
  expect(told).toEqual([event])
  rmSync(folder, { recursive: true })
})
