import { parseDuration } from '../core/duration.ts'
import type { Family } from './family.ts'

/** Time for creating and copying images, in ms. It is the only part of a build without a time-out in the family. */
const images = 60 * 60_000
/** Reserve for slow images and for the inspection of kept machines, in ms. */
const margin = 2 * 60 * 60_000

/** The longest possible build of a family, in ms: two first logins and each step, by the time-outs of the family. */
export function longestBuild({ login, configure, seal, verify }: Pick<Family, 'login' | 'configure' | 'seal' | 'verify'>): number {
  const steps = [login, login, configure, seal, verify]
  return images + steps.reduce((sum, { timeout }) => sum + parseDuration(timeout), 0)
}

/** Lifetime of temporary resources, in ms. It is longer than any build of the family, so that nothing in use expires. */
export function lifetimeOf(family: Parameters<typeof longestBuild>[0]): number {
  return longestBuild(family) + margin
}
