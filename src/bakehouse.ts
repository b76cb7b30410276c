import type { BuildLog } from './artifacts/read-logs.ts'
import type { Engine } from './engine/engine.ts'
import type { MadeFamily, NewFamily } from './family/make-family.ts'
import type { Consumer } from './model/consumer.ts'
import type { FamilyListener } from './model/events.ts'
import type { Family } from './model/family.ts'
import type { Finding } from './model/finding.ts'
import type { Reaped, ReapOptions } from './model/leftover.ts'
import type { BakeOutcome } from './model/outcome.ts'
import type { FamilyOutputs } from './model/outputs.ts'
import type { PlannedFamily } from './model/planned-family.ts'
import type { BuildRecord, History } from './model/record.ts'
import type { BakeRequest } from './model/request.ts'
import type { Setting } from './model/setting.ts'

/*
 * The library: everything that the command line can do. Each function loads its code when it is called, so importing this file is fast.
 * Functions throw UsageError for a wrong request, and MissingError if a tool or a credential is missing on this computer.
 */

/** Options of `bake`. */
export interface BakeOptions {
  /** Called for each event, with the name of the family. */
  readonly onEvent?: FamilyListener
  /** Aborting it cancels the builds. They clean up before `bake` returns. */
  readonly signal?: AbortSignal
  /** The number of families to build in parallel. By default, as many as CPUs and memory allow. */
  readonly parallel?: number | undefined
}

/**
 * Builds families; a parent family is built before the families that start from it. Returns the outcomes in the order of the requests.
 * A failed build is an outcome, not an error.
 */
export async function bake(requests: readonly BakeRequest[], { onEvent, ...others }: BakeOptions = {}): Promise<BakeOutcome[]> {
  return (await import('./bake/bake-all.ts')).bakeAll(requests, { ...others, ...(onEvent && { listen: onEvent }) })
}

/**
 * Says which families need a build, and why; parent families first. It compares what `ifChanged` of a request compares. A problem with one
 * family is in its result. Install the tools before: see `prepareTools`.
 */
export async function planFamilies(
  families: readonly string[],
  { cloud, backend, signal = new AbortController().signal }: PlanOptions = {},
): Promise<readonly PlannedFamily[]> {
  return (await import('./bake/plan-families.ts')).planFamilies(families, { cloud, backend, signal })
}

/** Options of `planFamilies`. */
export interface PlanOptions {
  /** The cloud to use instead of the one in the files of the families. */
  readonly cloud?: string | undefined
  readonly backend?: string | undefined
  readonly signal?: AbortSignal
}

/**
 * The settings of the project in `bakehouse.yaml` and in the environment. It also uses them for this process, as the command line does when
 * it starts: a program calls this before the other functions. Throws UsageError for a mistake in the file.
 */
export async function readSettings(): Promise<readonly Setting[]> {
  return (await import('./family/project-file.ts')).listSettings()
}

/**
 * Installs the tools that these families need; without `requests`, those for all families of the project. Returns immediately if they are
 * installed. Throws UsageError for a mistake in a family, before anything is downloaded, and MissingError if a tool cannot be installed.
 */
export async function prepareTools(
  requests?: readonly Pick<BakeRequest, 'family' | 'cloud'>[],
  { again = false, checks = false }: { readonly again?: boolean; readonly checks?: boolean } = {},
): Promise<void> {
  const [{ ensureTools }, { isSetUp }] = await Promise.all([import('./setup/set-up.ts'), import('./setup/stamp.ts')])
  const everything = { machines: true, debian: true, checks }
  if (!again && isSetUp(everything)) return
  const { findNeeds } = await import('./family/find-needs.ts')
  await ensureTools(checks ? everything : { ...(await findNeeds(requests)), checks }, again)
}

/**
 * The builds of a family, or of all families of the project, newest first, of all computers that share the state. Throws UsageError if there is no such
 * family. If the state is shared, the tools must be installed: see `prepareTools`.
 */
export async function history(family?: string, backend?: string): Promise<History> {
  const { readBuilds } = await import('./life/read-builds.ts')
  const found = await readBuilds(family === undefined ? await listFamilies() : [family], { backend, only: family })
  if (family !== undefined && found.records.length + found.damaged.length === 0) await requireFamily(family)
  return found
}

/**
 * The record of a build, and the folder of its files, which does not exist if another computer built it. Without a version, the newest
 * build. Throws UsageError if there is no such build.
 */
export async function readBuild(family: string, version?: string, backend?: string): Promise<{ record: BuildRecord; folder: string }> {
  const [{ findBuild, refuseBuild }, { readBuilds }] = await Promise.all([
    import('./records/find-build.ts'),
    import('./life/read-builds.ts'),
  ])
  const found = findBuild(await readBuilds([family], { backend, only: family }), family, version)
  if (found) return found
  await requireFamily(family)
  throw refuseBuild(family, version)
}

/**
 * The logs of a build: from its folder, or from its artifacts if another computer built it. Without a version, the newest build. Throws
 * UsageError if there is no such build, and MissingError if its logs cannot be read from this computer.
 */
export async function readLogs(family: string, version?: string, backend?: string): Promise<readonly BuildLog[]> {
  const [{ readLogs: read }, { findBackend }] = await Promise.all([import('./artifacts/read-logs.ts'), import('./core/backend-url.ts')])
  return read(await readBuild(family, version, backend), findBackend(backend))
}

/** Checks the tools, this computer and the families of the project. */
export async function checkProject(): Promise<{ tools: readonly Finding[]; families: readonly Finding[] }> {
  const doctor = import('./setup/doctor.ts').then(({ readDoctor }) => readDoctor())
  const host = import('./cloud/clouds.ts').then(({ describeHosts }) => describeHosts())
  const families = import('./family/check-families.ts').then(({ checkFamilies }) => checkFamilies())
  return { tools: (await Promise.all([doctor, host])).flat(), families: await families }
}

/** A family of the project, as its build on a cloud would read it. Throws UsageError for a mistake in its file. */
export async function readFamily(family: string, cloud?: string): Promise<Family> {
  return (await import('./family/read-family.ts')).readFamily(family, cloud === undefined ? {} : { cloud })
}

/** Creates a family; with `options`, also a weekly build in CI, or a Pulumi program that uses the image. Throws UsageError. */
export async function makeFamily(family: string, options: NewFamily = {}): Promise<MadeFamily> {
  return (await import('./family/make-family.ts')).makeFamily(family, options)
}

/** Deletes orphaned resources, or only lists them. Never deletes a promoted image. */
export async function reap(options: ReapOptions, signal: AbortSignal = new AbortController().signal): Promise<readonly Reaped[]> {
  return (await import('./life/reap.ts')).reap(options, signal)
}

/** The latest good image of a family; undefined before the first promotion. */
export async function latestGood(family: string, backend?: string): Promise<FamilyOutputs | undefined> {
  const { findLatestGood: find } = await import('./life/latest-good.ts')
  return find(await openEngine(backend), family)
}

/** The consumers of a family, and whether each one is outdated. Throws UsageError if there is no image or the cloud cannot list them. */
export async function findConsumers(
  family: string,
  backend?: string,
): Promise<{ latest: string; consumers: readonly (Consumer & { lags: boolean })[] }> {
  const { findConsumers: find } = await import('./life/consumers.ts')
  return find(await openEngine(backend), family)
}

/** A family of the project, or the error of its file. */
export interface ReadFamily {
  readonly name: string
  readonly family?: Family
  readonly error?: unknown
}

/** All families of the project, sorted by name. */
export async function readFamilies(): Promise<readonly ReadFamily[]> {
  return (await import('./family/read-family.ts')).listFamilies()
}

/** The names of the families of the project, sorted. */
export async function listFamilies(): Promise<readonly string[]> {
  return (await import('./family/names.ts')).familyNames()
}

/** The names of the clouds. */
export async function listClouds(): Promise<readonly string[]> {
  return (await import('./cloud/clouds.ts')).cloudNames
}

/** Opens the Pulumi engine with the state of the project, or with the state at the URL `backend`. For programs with their own stacks. */
export async function openEngine(backend?: string): Promise<Engine> {
  return (await import('./life/open-engine.ts')).openProjectEngine(backend)
}

async function requireFamily(family: string): Promise<void> {
  const { requireFamily: require } = await import('./family/names.ts')
  require(family)
}
