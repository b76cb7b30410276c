import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingError, UsageError } from '../core/errors.ts'
import { buildFolder, homeFolder } from '../core/paths.ts'
import type { OpenStack } from '../engine/stack.ts'
import type { StackState } from '../engine/state.ts'
import type { BakeRequest } from '../model/request.ts'
import { compareVersions, nextVersion, parseVersion, requireNewer } from '../model/version.ts'
import { parseLedger } from '../records/ledger.ts'
import { imageNames } from './graph-spec.ts'
import type { Plan } from './plan.ts'

/** A plan whose stack exists. No other build can get the same version. */
export interface Reserved {
  readonly plan: Plan
  readonly stack: OpenStack
}

/**
 * Reserves the version of a build by creating its stack. If two computers try the same version, only one can create the stack; the other
 * one tries the next version, or throws UsageError if the user requested this version. Listing all stacks instead would take longer with
 * each build. A version that is not newer than the latest good version could not be promoted: throws UsageError before anything is created.
 * The names of the next version are checked like those of the first one.
 */
export async function reserveVersion(plan: Plan): Promise<Reserved> {
  const tried = new Set<string>()
  for (let current = plan; ; ) {
    if (plan.latest) requireNewer(plan.family.name, current.version, plan.latest.version)
    const stack = await plan.engine.createStack(current.stackName)
    if (stack) return { plan: current, stack }
    if (plan.request.version !== undefined) throw versionExists(plan.version)
    tried.add(current.version)
    current = { ...plan, ...(await choosePlace(plan.request, plan.latest, { known: versionsIn(plan.familyState), tried })) }
    await requireFreeNames(plan, current.version)
  }
}

/** Checks that nothing outside of this state has a name that the build of this version needs. Throws MissingError. */
export async function requireFreeNames(
  { cloud, family, familyState }: Pick<Plan, 'cloud' | 'family' | 'familyState'>,
  version: string,
): Promise<void> {
  const published = new Set(familyState?.resources.map(({ name }) => name))
  await cloud.requireFreeNames?.(family, { images: Object.values(imageNames(family, version)), published })
}

/** The versions of all builds of a family, by the records in its stack. */
export function versionsIn(state: StackState | undefined): string[] {
  return parseLedger(state?.attachment).map(({ version }) => version)
}

/** The requested version, or the next free one of this project, with the build folder and the stack name of that version. `known`: versions of other computers. */
export async function choosePlace(
  request: BakeRequest,
  latest: Plan['latest'],
  tried: { readonly known: readonly string[]; readonly tried?: ReadonlySet<string> },
): Promise<Pick<Plan, 'version' | 'folder' | 'stackName'>> {
  const version = await chooseVersion(request, latest?.version, tried)
  return { version, folder: buildFolder(request.family, version), stackName: `${request.family}-${version}` }
}

async function chooseVersion(
  { family, version: given }: BakeRequest,
  latest: string | undefined,
  { known, tried = new Set() }: Parameters<typeof choosePlace>[2],
): Promise<string> {
  const built: readonly string[] = [...(await readdir(join(homeFolder(), 'builds', family)).catch(() => [])), ...known]
  if (given === undefined) {
    const version = nextVersion(new Date(), new Set([...built, ...tried]), latest)
    if (latest !== undefined && compareVersions(version, latest) < 0) throw refuseClock(family, version, latest)
    return version
  }
  const version = parseVersion(given)
  if (built.includes(version)) throw versionExists(version)
  return version
}

function refuseClock(family: string, version: string, latest: string): MissingError {
  const [today, day] = [version, latest].map((text) => text.split('-')[0])
  return new MissingError(`The clock of this computer says ${today}, which is before the latest good version of ${family}, ${latest}`, {
    hint: `set the clock; if it is right, name a version after ${day}: --image-version`,
  })
}

function versionExists(version: string): UsageError {
  return new UsageError(`Version ${version} exists already, and a version is never built twice`, {
    hint: 'omit --image-version to use the next free version',
  })
}
