import { UsageError } from '../core/errors.ts'

/** The artifacts of a build: its logs, test reports, diagnostics and report, in a place that other computers can reach. */
export interface RecordedArtifacts {
  /** A path, or `s3://bucket/path`. */
  readonly at: string
  /** Why files are missing there. */
  readonly problem?: string
}

/** The names of a build that are part of the path of its artifacts. */
interface BuildName {
  readonly family: string
  readonly version: string
  readonly build: string
}

/** The folder of artifacts beside a state that is a folder or a bucket. */
export const artifactsFolder = 'artifacts'

/**
 * The folder of the artifacts of a build, relative to the folder of all artifacts. Two states may have the same version of a family, so it
 * contains the ID of the build. Throws UsageError for names that could lead to another folder.
 */
export function artifactsPath({ family, version, build }: BuildName): string {
  const names = [family, version, build]
  const bad = names.find((name) => !/^[A-Za-z0-9][\w.-]*$/.test(name))
  if (bad === undefined) return `${family}/${version}-${build}`
  throw new UsageError(`Expected names without path separators in the record of a build, got ${JSON.stringify(bad)}`, {
    hint: 'the record is damaged: do not use it',
  })
}
