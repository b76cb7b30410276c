import { listClouds } from '../cloud/clouds.ts'
import { listFamilies, readFamily } from './read-family.ts'

/** What baking some families needs of this computer. */
export interface FamilyNeeds {
  readonly machines: boolean
  readonly debian: boolean
}

/**
 * What these families need, or all of the project if none are named: those that are wrong are left out then. Throws UsageError for a
 * named one that is wrong.
 */
export async function findNeeds(requests?: readonly { readonly family: string; readonly cloud?: string }[]): Promise<FamilyNeeds> {
  const families = requests
    ? await Promise.all(requests.map(({ family, cloud }) => readFamily(family, cloud === undefined ? {} : { cloud })))
    : (await listFamilies()).flatMap(({ family }) => family ?? [])
  const near = new Set((await listClouds()).filter(({ runsHere }) => runsHere).map(({ name }) => name))
  const here = families.filter(({ cloud }) => near.has(cloud))
  return { machines: here.length > 0, debian: here.some(({ base }) => 'debian' in base) }
}
