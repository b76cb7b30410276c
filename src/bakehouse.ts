import type { Engine } from './engine/engine.ts'
import type { Consumer } from './model/consumer.ts'
import type { FamilyListener } from './model/events.ts'
import type { Finding } from './model/finding.ts'
import type { Reaped, ReapOptions } from './model/leftover.ts'
import type { BakeOutcome } from './model/outcome.ts'
import type { FamilyOutputs } from './model/outputs.ts'
import type { BuildRecord, History } from './model/record.ts'
import type { BakeRequest } from './model/request.ts'

/*
 * The library: all that the command line can do. Each function loads what it needs when it is called, so that importing this file
 * costs nothing. Functions throw UsageError for a wrong request and MissingError for something that this computer lacks.
 */

export interface BakeOptions {
  /** Is told what happens, with the name of the family that it happens to. */
  readonly listen?: FamilyListener
  /** Aborting it cancels the bakes; they clean up before the function returns. */
  readonly signal?: AbortSignal
  /** How many families at once. By default as many as processors and memory allow. */
  readonly parallel?: number | undefined
}

/** Bakes the families, bases first. The outcomes are in the order of the requests. A family that fails is an outcome, not an error. */
export async function bake(requests: readonly BakeRequest[], options: BakeOptions = {}): Promise<BakeOutcome[]> {
  return (await import('./bake/bake-all.ts')).bakeAll(requests, options)
}

/**
 * Puts the tools in place that baking these families needs, or all families of the project if none are named; over at once where they
 * are there. Throws UsageError for a family that is wrong, before anything is fetched, and MissingError for what cannot be had.
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

/** The builds of a family, or of all families, newest first. */
export async function readHistory(family?: string): Promise<History> {
  const { readCurrentHistory } = await import('./records/history.ts')
  const history = await readCurrentHistory(family)
  if (family !== undefined && history.records.length + history.damaged.length === 0) await requireFamily(family)
  return history
}

/** The record of one build and the folder of its files. The newest build, unless a version is given. */
export async function readBuild(family: string, version?: string): Promise<{ record: BuildRecord; folder: string }> {
  const { findBuild, refuseBuild } = await import('./records/find-build.ts')
  const found = await findBuild(family, version)
  if (found) return found
  await requireFamily(family)
  throw refuseBuild(family, version)
}

/** Checks the tools of this project and its families. */
export async function checkProject(): Promise<{ tools: readonly Finding[]; families: readonly Finding[] }> {
  const doctor = import('./setup/doctor.ts').then(({ readDoctor }) => readDoctor())
  const host = import('./cloud/clouds.ts').then(({ describeHosts }) => describeHosts())
  const families = import('./family/check-families.ts').then(({ checkFamilies }) => checkFamilies())
  return { tools: (await Promise.all([doctor, host])).flat(), families: await families }
}

/** Makes the folder of a new family, which starts from the latest good image of `base` if that is given. */
export async function makeFamily(family: string, base?: string): Promise<{ folder: string; files: readonly string[] }> {
  return (await import('./family/make-family.ts')).makeFamily(family, base)
}

/** Removes what ended builds left behind, or only lists it. Never removes a promoted image. */
export async function reap(options: ReapOptions, signal = new AbortController().signal): Promise<readonly Reaped[]> {
  return (await import('./life/reap.ts')).reap(options, signal)
}

/** The latest good image of a family. Undefined before its first promotion. */
export async function findLatestGood(family: string, backend?: string): Promise<FamilyOutputs | undefined> {
  const { findLatestGood: find } = await import('./life/latest-good.ts')
  return find(await openEngine(backend), family)
}

/** The groups, templates and instances that use a family, and whether each is behind its latest good version. */
export async function findConsumers(
  family: string,
  backend?: string,
): Promise<{ latest: string; consumers: readonly (Consumer & { lags: boolean })[] }> {
  const { findConsumers: find } = await import('./life/consumers.ts')
  return find(await openEngine(backend), family)
}

/** The names of the families of this project, sorted. */
export async function listFamilies(): Promise<readonly string[]> {
  return (await import('./family/names.ts')).familyNames()
}

/** The names of the clouds. */
export async function listClouds(): Promise<readonly string[]> {
  return (await import('./cloud/clouds.ts')).cloudNames
}

/** Opens the engine with the state of this project, or with another state. For programs that have stacks of their own. */
export async function openEngine(backend?: string): Promise<Engine> {
  return (await import('./life/open-engine.ts')).openProjectEngine(backend)
}

async function requireFamily(family: string): Promise<void> {
  const { requireFamily: require } = await import('./family/names.ts')
  require(family)
}
