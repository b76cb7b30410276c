import { parseDuration } from '../core/duration.ts'
import type { Family } from './family.ts'

/** Making and copying images of some size, in ms: the one part of a bake whose time the family does not limit itself. */
const images = 60 * 60_000
/** What a slow image may take beyond that, and what is left for a look at a machine that was kept, in ms. */
const margin = 2 * 60 * 60_000

/** The longest that a bake of the family may take by its own time-outs, in ms: two first logins, and each step once. */
export function longestBake({ login, configure, seal, verify }: Pick<Family, 'login' | 'configure' | 'seal' | 'verify'>): number {
  const steps = [login, login, configure, seal, verify]
  return images + steps.reduce((sum, { timeout }) => sum + parseDuration(timeout), 0)
}

/** How long temporaries of the family may live, in ms: longer than any bake of it, so that nothing that is in use expires. */
export function lifetimeOf(family: Parameters<typeof longestBake>[0]): number {
  return longestBake(family) + margin
}
