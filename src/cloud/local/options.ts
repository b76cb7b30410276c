import type { CloudSection } from '../descriptor.ts'
import { bases } from './base/kinds.ts'

/** What the local cloud adds to `family.yaml`: its kinds of base. */
export const section = { bases } satisfies CloudSection
