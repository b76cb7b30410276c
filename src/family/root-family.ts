import { type Family, findBaseFamily } from '../model/family.ts'
import { readFamily } from './read-family.ts'

/** The first of the parent families of a family: its base is not a family. It is the family itself if that has no parent. */
export async function findRootFamily(family: Family): Promise<Family> {
  const parent = findBaseFamily(family.base)
  return parent === undefined ? family : findRootFamily(await readFamily(parent, { cloud: family.cloud }))
}
