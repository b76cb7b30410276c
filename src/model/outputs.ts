import { UsageError } from '../core/errors.ts'
import { commandLine } from '../core/program.ts'

/** One output of a family stack, as a downstream program needs it. Throws UsageError when it is not there. */
export function requireOutput<T = string>(outputs: Readonly<Record<string, unknown>>, name: string): T {
  const value = outputs[name]
  if (value === undefined || value === null || value === '') {
    const there = Object.keys(outputs).join(', ') || 'none'
    throw new UsageError(`Expected the family stack to have an output "${name}", got: ${there}`, {
      hint: `bake the family first: ${commandLine('--family <family>')}`,
    })
  }
  return value as T
}

/** One suite of the verification, counted. */
export interface VerifiedSuite {
  readonly suite: string
  /** What it is known by from build to build; its name, where there is none. */
  readonly id?: string
  readonly passed: number
  readonly failed: number
  /** ISO 8601. */
  readonly at: string
}

/** The outputs of a family stack: what downstream reads. */
export interface FamilyOutputs {
  readonly imageId: string
  readonly imageName: string
  readonly version: string
  readonly family: string
  readonly cloud: string
  readonly region: string
  readonly imagesByRegion: Readonly<Record<string, string>>
  readonly baseImage: string
  /** Digest of the image. */
  readonly digest: string
  readonly verified: readonly VerifiedSuite[]
  /** ISO 8601. */
  readonly promotedAt: string
  readonly sourceCommit: string
  readonly buildStack: string
  readonly previousVersion: string
}

/** What a family stack holds, the digest of the inputs with it, by which `--if-changed` decides. */
export interface LatestGood extends FamilyOutputs {
  readonly inputsDigest: string
}

/** Reads the outputs of a family stack. Throws UsageError naming what is missing. */
export function parseLatestGood(outputs: Readonly<Record<string, unknown>>): LatestGood {
  for (const name of requiredOutputs) requireOutput(outputs, name)
  return outputs as unknown as LatestGood
}

const requiredOutputs = [
  'imageId',
  'imageName',
  'version',
  'family',
  'cloud',
  'region',
  'imagesByRegion',
  'baseImage',
  'digest',
  'verified',
  'promotedAt',
  'buildStack',
] as const

/** Outputs of a build stack. */
export interface BuildOutputs {
  readonly imageId: string
  readonly imageName: string
  readonly digest: string
  readonly imagesByRegion: Record<string, string>
  /** What the promoted image was copied from; gone once the temporaries are. */
  readonly candidateId: string
}
