import type { EngineEvent as SdkEvent } from '@pulumi/pulumi/automation/index.js'
import { parseDiagnostic } from './diagnostic.ts'

/** An event of an update. */
export type EngineEvent = ResourceEvent | EngineError

/** The engine has started an operation on a resource, has finished it, or it failed. */
export interface ResourceEvent {
  readonly type: 'resource'
  readonly status: 'started' | 'done' | 'failed'
  readonly urn: string
  /** The type of the resource, such as `qemu:index:Instance`. */
  readonly resourceType: string
  readonly operation: string
  /** What the plugin says about the resource: its output `note`. */
  readonly note?: string
}

/** An error message of the engine. */
export interface EngineError {
  readonly type: 'error'
  /** The resource that the error is about; undefined if it is about no single resource. */
  readonly urn: string | undefined
  readonly message: string
}

/** Converts an event of the SDK. Undefined for other kinds of events; debug messages, for example, contain secrets. */
export function findEvent(event: SdkEvent): EngineEvent | undefined {
  const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } = event
  if (resourcePreEvent) return resourceEvent('started', resourcePreEvent.metadata)
  if (resOutputsEvent) return resourceEvent('done', resOutputsEvent.metadata)
  if (resOpFailedEvent) return resourceEvent('failed', resOpFailedEvent.metadata)
  if (diagnosticEvent?.severity !== 'error') return undefined
  return { type: 'error', urn: diagnosticEvent.urn, message: parseDiagnostic(diagnosticEvent.message) }
}

type Metadata = NonNullable<SdkEvent['resourcePreEvent']>['metadata']

function resourceEvent(status: ResourceEvent['status'], { urn, type, op, new: made }: Metadata): ResourceEvent {
  const note: unknown = status === 'done' ? made?.outputs?.note : undefined
  return { type: 'resource', status, urn, resourceType: type, operation: op, ...(typeof note === 'string' && note !== '' ? { note } : {}) }
}
