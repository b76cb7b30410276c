import { listClouds } from '../cloud/clouds.ts'
import { defined } from '../core/defined.ts'
import { listFamilies, readFamily } from './read-family.ts'

/** The tools that building some families needs on this computer. */
export interface FamilyNeeds {
  readonly machines: boolean
  readonly debian: boolean
}

/**
 * The needs of the requested families. Throws UsageError for a mistake in one of them. Without `requests`, the needs of all families of
 * the project; families with mistakes are left out.
 */
export async function findNeeds(requests?: readonly { readonly family: string; readonly cloud?: string }[]): Promise<FamilyNeeds> {
  const families = requests
    ? await Promise.all(requests.map(({ family, cloud }) => readFamily(family, defined({ cloud }))))
    : (await listFamilies()).flatMap(({ family }) => family ?? [])
  const near = new Set((await listClouds()).filter(({ runsHere }) => runsHere).map(({ name }) => name))
  const here = families.filter(({ cloud }) => near.has(cloud))
  return { machines: here.length > 0, debian: here.some(({ base }) => 'debian' in base) }
}
