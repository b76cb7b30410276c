import type { CloudSection } from '../descriptor.ts'
import { bases } from './base/kinds.ts'

/** The kinds of base images that the local cloud adds to `family.yaml`. */
export const section = { bases } satisfies CloudSection
