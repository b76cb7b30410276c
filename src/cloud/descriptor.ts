import type { z } from 'zod'
import type { PluginEntry } from '../engine/plugin/resource.ts'
import type { Os } from '../model/family.ts'
import type { Cloud, CloudResources } from './cloud.ts'

/** One kind of base that a cloud can start from. */
export interface BaseKind {
  /** The first key of such a base in `family.yaml`. */
  readonly kind: string
  /** Operating systems that such a base can have; without it, all. */
  readonly systems?: readonly Os[]
  /** Keys whose text may contain `{{ name }}`, a variable of `configure.variables`. */
  readonly templates?: readonly string[]
  /** How to get such a base for an operating system: the hint of an error about the base. */
  readonly advice?: Partial<Readonly<Record<Os, string>>>
}

/** What a cloud adds to the schema of `family.yaml`. */
export interface CloudSection {
  /** Schema of each kind of base; the kind is the first key. */
  readonly bases: Readonly<Record<string, z.ZodObject>>
  /** The section with the cloud's name; without it, the cloud has no options. */
  readonly options?: z.ZodObject
}

/**
 * What the program must know of a cloud before it uses it. A descriptor is light: it loads no SDK and not zod, so that
 * listing the clouds costs nothing. What is heavy stands behind a function.
 */
export interface CloudDescriptor {
  /** The value of `cloud` in `family.yaml`, and the name of the cloud's section there. */
  readonly name: string
  /** The name of the cloud in a sentence. */
  readonly title: string
  /** Whether machines run on this computer, and so need its memory and processors. */
  readonly runsHere: boolean
  /** Kinds of base, beside `family`, which every cloud must have. */
  readonly bases: readonly BaseKind[]
  /** A Pulumi provider that comes with the cloud. */
  readonly plugin?: PluginEntry
  section(): Promise<CloudSection>
  cloud(): Promise<Cloud>
  resources(): Promise<CloudResources>
}
