import { UsageError } from '../core/errors.ts'
import { stateCommandLine } from '../core/program.ts'

/** An output of a family stack, for programs that use the image. Throws UsageError if it does not exist. */
export function requireOutput<T = string>(outputs: Readonly<Record<string, unknown>>, name: string): T {
  const value = outputs[name]
  if (value === undefined || value === null || value === '') {
    const there = Object.keys(outputs).join(', ') || 'none'
    throw new UsageError(`Expected the family stack to have an output "${name}", got: ${there}`, {
      hint: `build the family first: ${stateCommandLine('--family <family>')}`,
    })
  }
  return value as T
}

/** The counts of one suite. */
export interface VerifiedSuite {
  readonly suite: string
  /** The same in every build: verifier and file. The name of the suite, if it has no file. */
  readonly id?: string
  readonly passed: number
  readonly failed: number
  /** ISO 8601. */
  readonly at: string
}

/** The outputs of a family stack. Consumers read them. */
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

/** The content of a family stack, with the input hash for `--if-changed`. */
export interface LatestGood extends FamilyOutputs {
  readonly inputsDigest: string
}

/** Parses the outputs of a family stack. Throws UsageError if one is missing. */
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
  /** The source of the promoted image. It is deleted with the temporary resources. */
  readonly candidateId: string
}
