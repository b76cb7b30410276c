import type { FamilySpec } from '../family/schema.ts'

/** A family: one folder under `playbooks/`, its `family.yaml` validated, all defaults filled in. */
export interface Family extends FamilySpec {
  readonly name: string
  /** Absolute path of the family's folder. */
  readonly folder: string
}
