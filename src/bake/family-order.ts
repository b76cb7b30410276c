import { type Family, findBaseFamily } from '../model/family.ts'

/** Sorts by parents: each parent family before the families that start from it. `bases` maps a family to its parent. */
export function inOrder<T extends { readonly family: string }>(items: readonly T[], bases: ReadonlyMap<string, string>): T[] {
  const depth = (family: string): number => {
    const base = bases.get(family)
    return base === undefined ? 0 : 1 + depth(base)
  }
  return [...items].sort((left, right) => depth(left.family) - depth(right.family))
}

/** A map from the name of a family to the name of its parent family. */
export function findBases(families: readonly Family[]): ReadonlyMap<string, string> {
  return new Map(
    families.flatMap(({ name, base }) => {
      const ancestor = findBaseFamily(base)
      return ancestor === undefined ? [] : [[name, ancestor]]
    }),
  )
}
