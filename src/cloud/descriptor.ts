import type { z } from 'zod'
import type { PluginEntry } from '../engine/plugin/resource.ts'
import type { Os } from '../guest/systems.ts'
import type { Base } from '../model/family.ts'
import type { Cloud, CloudResources } from './cloud.ts'

/** A kind of base image that a cloud supports. */
export interface BaseKind {
  /** The first key of such a base in `family.yaml`. */
  readonly kind: string
  /** Whether this program made the base, so that hygiene finds nothing on it. */
  readonly isOwn?: boolean
  /** Operating systems of such a base. Default: all. */
  readonly systems?: readonly Os[]
  /** Keys whose text may contain `{{ name }}`, a variable of `configure.variables`. */
  readonly templates?: readonly string[]
  /** How to get such a base for an operating system, as the hint of an error. */
  advice?(os: string): string | undefined
  /** The hint for a playbook that failed because such a base lacks something that others have. */
  findHint?(base: Base, cause: string): string | undefined
}

/** The additions of a cloud to the schema of `family.yaml`. */
export interface CloudSection {
  /** Schema of each kind of base; the kind is the first key. */
  readonly bases: Readonly<Record<string, z.ZodObject>>
  /** Options of the cloud in `family.yaml`, in a section with the name of the cloud. Optional. */
  readonly options?: z.ZodObject
  /** Options that contradict each other, which the schema cannot find. */
  check?(options: unknown): readonly OptionProblem[]
}

/** A mistake in the section of a cloud. */
export interface OptionProblem {
  /** The key in the section. */
  readonly path: readonly (string | number)[]
  /** `expected …, got …`. */
  readonly text: string
  readonly hint: string
}

/**
 * Facts about a cloud that are needed before it is used. Listing the clouds must be quick, so a descriptor imports neither an SDK nor
 * zod; its functions do.
 */
export interface CloudDescriptor {
  /** The value of `cloud` in `family.yaml`, and the name of the cloud's section there. */
  readonly name: string
  /** The name of the cloud in messages. */
  readonly title: string
  /** Whether machines run on this computer and use its memory and CPUs. */
  readonly runsHere: boolean
  /** Kinds of base images, in addition to `family`, which every cloud must support. */
  readonly bases: readonly BaseKind[]
  /** The Pulumi provider plugin of the cloud, if it has its own. */
  readonly plugin?: PluginEntry
  /** Settings of the Pulumi provider that the cloud uses, as `provider:setting`, for all stacks. */
  providerConfig?(): Readonly<Record<string, string>>
  section(): Promise<CloudSection>
  cloud(): Promise<Cloud>
  resources(): Promise<CloudResources>
}
