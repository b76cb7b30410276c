import type { EngineEvent as SdkEvent } from '@pulumi/pulumi/automation/index.js'
import { describe, expect, it } from 'vitest'
import { followEngine } from '../../src/bake/follow-engine.ts'
import { openJournal } from '../../src/bake/journal.ts'
import { parseDiagnostic } from '../../src/engine/diagnostic.ts'
import { type EngineEvent, findEvent, type ResourceEvent } from '../../src/engine/event.ts'
import type { BuildEvent } from '../../src/model/events.ts'
import { findPhase } from '../../src/model/phases.ts'

const urn = (name: string): string => `urn:pulumi:web-2026.11.23::bakehouse::x:y:Z::${name}`
const resource =
  (status: ResourceEvent['status']) =>
  (name: string, operation = 'create'): EngineEvent => ({ type: 'resource', status, urn: urn(name), resourceType: 'x:y:Z', operation })
const pre = resource('started')
const done = resource('done')
const failed = resource('failed')

function follow(trials: number, events: EngineEvent[]) {
  const told: BuildEvent[] = []
  const journal = openJournal((event) => told.push(event))
  const engine = followEngine(journal, trials)
  for (const event of events) engine.onEvent(event)
  return { told: told.map((event) => (event.type === 'phase' ? `${event.phase} ${event.status}` : event.type)), engine }
}

describe('phases told by the engine', () => {
  it('follows a resource from its start to its end', () => {
    expect(follow(1, [pre('base'), done('base'), pre('configure'), done('configure')]).told).toEqual([
      'base started',
      'base done',
      'configure started',
      'configure done',
    ])
  })

  it('counts what is around an instance as part of its phase, but waits for the instance itself', () => {
    expect(follow(1, [pre('base-key'), done('base-key'), pre('base'), done('base')]).told).toEqual(['base started', 'base done'])
  })

  it('ends the trial with the last clone', () => {
    expect(follow(2, [pre('trial'), pre('trial-2'), done('trial'), pre('verify'), done('trial-2')]).told).toEqual([
      'trial started',
      'verify started',
      'trial done',
    ])
  })

  it('tells a failed resource as a failed phase, and keeps what the engine said about it', () => {
    const error: EngineEvent = { type: 'error', urn: urn('base'), message: 'the guest never came up' }
    const { told, engine } = follow(1, [pre('base'), failed('base'), error])
    expect(told).toEqual(['base started', 'base failed'])
    expect(engine.failures).toEqual([{ phase: 'base', message: 'the guest never came up' }])
  })

  it('ends the copy when all copies are finished', () => {
    const copies = ['image-copy', 'image-copy-eu-west-1', 'image-share-111111111111']
    const { told } = follow(1, [...copies.map((name) => pre(name)), ...copies.map((name) => done(name)), pre('image'), done('image')])
    expect(told).toEqual(['copy started', 'copy done'])
  })

  it('tells of a phase once that it failed, however many of its resources do', () => {
    const { told } = follow(1, [
      pre('image-copy'),
      pre('image-copy-eu-west-1'),
      failed('image-copy'),
      failed('image-copy-eu-west-1'),
      pre('image'),
    ])
    expect(told).toEqual(['copy started', 'copy failed'])
  })

  it('says nothing of what is not created', () => {
    expect(follow(1, [pre('image', 'same'), pre('base', 'delete')]).told).toEqual([])
  })

  it.each([
    ['image', 'copy', true],
    ['trial-2', 'trial', true],
    ['trial-network', 'trial', false],
  ])('knows %s as phase %s', (name, phase, main) => {
    expect(findPhase(urn(name))).toEqual({ phase, main })
  })

  it('does not mistake the stack or a provider for a phase', () => {
    expect(findPhase(urn('bakehouse-web-2026.11.23'))).toBeUndefined()
    expect(findPhase(undefined)).toBeUndefined()
  })

  it.each([
    ['a resource', { resourcePreEvent: { metadata: { urn: urn('base'), type: 'x:y:Z', op: 'create' } } }, pre('base')],
    [
      'an error, in its own words',
      { diagnosticEvent: { urn: urn('base'), severity: 'error', message: '<{%reset%}>no space left<{%reset%}>\n' } },
      { type: 'error', urn: urn('base'), message: 'no space left' },
    ],
    ['no debug message, which may contain secrets', { diagnosticEvent: { severity: 'debug', message: 'token' } }, undefined],
  ])('are told of %s', (_what, event, expected) => {
    expect(findEvent(event as unknown as SdkEvent)).toEqual(expected)
  })

  it.each([
    ['1 error occurred:\n\t* no space left\n\n', 'no space left'],
    ['\u001b[31merror: \u001b[0mno space left', 'no space left'],
  ])('keeps only the words of %j', (text, words) => {
    expect(parseDiagnostic(text)).toBe(words)
  })
})
