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

describe('phases from engine events', () => {
  it('starts and ends a phase with its resource', () => {
    expect(follow(1, [pre('base'), done('base'), pre('configure'), done('configure')]).told).toEqual([
      'base started',
      'base done',
      'configure started',
      'configure done',
    ])
  })

  it('starts the phase with the key or the network of an instance, but ends it with the instance', () => {
    expect(follow(1, [pre('base-key'), done('base-key'), pre('base'), done('base')]).told).toEqual(['base started', 'base done'])
  })

  it('ends the phase trial with the last clone', () => {
    expect(follow(2, [pre('trial'), pre('trial-2'), done('trial'), pre('verify'), done('trial-2')]).told).toEqual([
      'trial started',
      'verify started',
      'trial done',
    ])
  })

  it('reports a failed resource as a failed phase, and keeps the error message of the engine', () => {
    const error: EngineEvent = { type: 'error', urn: urn('base'), message: 'the guest never came up' }
    const { told, engine } = follow(1, [pre('base'), failed('base'), error])
    expect(told).toEqual(['base started', 'base failed'])
    expect(engine.failures).toEqual([{ phase: 'base', message: 'the guest never came up' }])
  })

  it('passes on what the plugin says about a resource that it created', () => {
    const metadata = { urn: urn('trial'), type: 'x:y:Z', op: 'create' as const, provider: '' }
    const state = { urn: metadata.urn, type: metadata.type, id: 'i', parent: '', inputs: {}, provider: '' }
    const events = ['booted again', ''].map((note) => {
      const event = { resOutputsEvent: { metadata: { ...metadata, new: { ...state, outputs: { note } } } } }
      return findEvent(event as unknown as SdkEvent) as EngineEvent
    })
    const { told } = follow(3, [pre('trial'), ...events])
    expect(told).toEqual(['trial started', 'note'])
  })

  it('ends the phase copy when all copies are complete', () => {
    const copies = ['image-copy', 'image-copy-eu-west-1', 'image-share-111111111111']
    const { told } = follow(1, [...copies.map((name) => pre(name)), ...copies.map((name) => done(name)), pre('image'), done('image')])
    expect(told).toEqual(['copy started', 'copy done'])
  })

  it('reports a failed phase once, even if several of its resources failed', () => {
    const { told } = follow(1, [
      pre('image-copy'),
      pre('image-copy-eu-west-1'),
      failed('image-copy'),
      failed('image-copy-eu-west-1'),
      pre('image'),
    ])
    expect(told).toEqual(['copy started', 'copy failed'])
  })

  it('ignores resources that are not created', () => {
    expect(follow(1, [pre('image', 'same'), pre('base', 'delete')]).told).toEqual([])
  })

  it.each([
    ['image', 'copy', true],
    ['trial-2', 'trial', true],
    ['trial-network', 'trial', false],
  ])('assigns the resource %s to the phase %s', (name, phase, main) => {
    expect(findPhase(urn(name))).toEqual({ phase, main })
  })

  it('assigns the stack and providers to no phase', () => {
    expect(findPhase(urn('bakehouse-web-2026.11.23'))).toBeUndefined()
    expect(findPhase(undefined)).toBeUndefined()
  })

  it.each([
    ['a resource', { resourcePreEvent: { metadata: { urn: urn('base'), type: 'x:y:Z', op: 'create' } } }, pre('base')],
    [
      'an error, with its message',
      { diagnosticEvent: { urn: urn('base'), severity: 'error', message: '<{%reset%}>no space left<{%reset%}>\n' } },
      { type: 'error', urn: urn('base'), message: 'no space left' },
    ],
    ['a debug message to nothing, because it can contain secrets', { diagnosticEvent: { severity: 'debug', message: 'token' } }, undefined],
  ])('converts the event of %s', (_what, event, expected) => {
    expect(findEvent(event as unknown as SdkEvent)).toEqual(expected)
  })

  it.each([
    ['1 error occurred:\n\t* no space left\n\n', 'no space left'],
    ['\u001b[31merror: \u001b[0mno space left', 'no space left'],
  ])('removes colours and prefixes from the message %j', (text, words) => {
    expect(parseDiagnostic(text)).toBe(words)
  })
})
