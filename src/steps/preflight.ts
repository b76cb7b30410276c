import type { Cloud } from '../cloud/cloud.ts'
import { systemOf } from '../guest/systems.ts'
import type { Family } from '../model/family.ts'
import { requireVerifiers } from '../verify/verifiers.ts'

/** Throws MissingError if a tool or a credential for a step of this family is missing. Called before anything is created. */
export async function requireSteps(family: Family, cloud: Cloud): Promise<void> {
  await requireVerifiers(family.verify.suites)
  systemOf(family.os).preflight?.(family, cloud)
}
