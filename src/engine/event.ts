import type { EngineEvent as SdkEvent } from '@pulumi/pulumi/automation/index.js'
import { parseDiagnostic } from './diagnostic.ts'

/** What the engine tells of an update while it runs. */
export type EngineEvent = ResourceEvent | EngineError

/** The engine begins with a resource, is done with it, or failed. */
export interface ResourceEvent {
  readonly type: 'resource'
  readonly status: 'started' | 'done' | 'failed'
  readonly urn: string
  /** The type of the resource, such as `qemu:index:Instance`. */
  readonly resourceType: string
  readonly operation: string
}

export interface EngineError {
  readonly type: 'error'
  /** The resource that it is about, if it is about one. */
  readonly urn: string | undefined
  readonly message: string
}

/** The event in our own type. Undefined for all others: debug messages, for example, contain secrets. */
export function findEvent(event: SdkEvent): EngineEvent | undefined {
  const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } = event
  if (resourcePreEvent) return resourceEvent('started', resourcePreEvent.metadata)
  if (resOutputsEvent) return resourceEvent('done', resOutputsEvent.metadata)
  if (resOpFailedEvent) return resourceEvent('failed', resOpFailedEvent.metadata)
  if (diagnosticEvent?.severity !== 'error') return undefined
  return { type: 'error', urn: diagnosticEvent.urn, message: parseDiagnostic(diagnosticEvent.message) }
}

type Metadata = NonNullable<SdkEvent['resourcePreEvent']>['metadata']

function resourceEvent(status: ResourceEvent['status'], { urn, type, op }: Metadata): ResourceEvent {
  return { type: 'resource', status, urn, resourceType: type, operation: op }
}
