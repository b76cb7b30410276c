import type { ArtifactsRoot } from '../artifacts/root.ts'
import type { Cloud } from '../cloud/cloud.ts'
import type { Redactor } from '../core/redact/redact.ts'
import type { Engine } from '../engine/engine.ts'
import type { StackState } from '../engine/state.ts'
import type { Family } from '../model/family.ts'
import type { BaseImage } from '../model/image.ts'
import type { LatestGood } from '../model/outputs.ts'
import type { BakeRequest } from '../model/request.ts'

/** A request and its family, read and checked. Nothing has been read from the cloud or from Pulumi yet. */
export interface Order {
  readonly request: BakeRequest
  readonly family: Family
  readonly cloud: Cloud
  readonly engine: Engine
  readonly redactor: Redactor
  /** The place of the artifacts of all builds; undefined if there is none. */
  readonly artifacts: ArtifactsRoot | undefined
}

/** An order with everything that is read before the build creates anything: base image, latest good image, version, tools. */
export interface Plan extends Order {
  readonly base: BaseImage
  readonly inputsDigest: string
  /** The state of the family stack; undefined before the first promotion. */
  readonly familyState: StackState | undefined
  readonly latest: LatestGood | undefined
  readonly version: string
  readonly build: string
  readonly folder: string
  readonly stackName: string
  readonly toolVersions: Readonly<Record<string, string>>
}
