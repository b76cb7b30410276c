import { defined } from '../core/defined.ts'
import type { Base, Family, FamilySettings, Verify } from './family.ts'
import type { Suite } from './suite.ts'

/** A mapping of `family.yaml` whose first key is its kind: `{goss: <file>, …}`, `{debian: bookworm}`. */
export type Written = Readonly<Record<string, unknown>>

/** The content of `family.yaml` with all defaults. Keys that are not declared here are sections of clouds. */
export interface FamilyFile extends FamilySettings {
  readonly base: Written
  readonly verify: Omit<Verify, 'suites'> & { readonly suites: readonly Written[] }
  readonly [section: string]: unknown
}

/** The family that a file describes. */
export function familyOf(file: FamilyFile, { name, folder }: Pick<Family, 'name' | 'folder'>): Family {
  const { description, os, cloud, base, machine, login, configure, seal, verify, image, hygiene, ...sections } = file
  const suites = verify.suites.map(suiteOf)
  const settings: FamilySettings = { description, os, cloud, machine, login, configure, seal, image, ...defined({ hygiene }) }
  return { name, folder, ...settings, base: baseOf(base), verify: { ...verify, suites }, sections }
}

/** The inverse of `familyOf`. The input hash is computed from this form, so that it does not depend on the type `Family`. */
export function fileOf({ name: _name, folder: _folder, base, verify, sections, ...settings }: Family): FamilyFile {
  const { kind: _kind, ...written } = base
  return { ...settings, base: written, verify: { ...verify, suites: verify.suites.map(writtenOf) }, ...sections }
}

function baseOf(written: Written): Base {
  return { kind: Object.keys(written)[0] ?? '', ...written }
}

function suiteOf({ minimumCases, ...written }: Written): Suite {
  const [[verifier, file] = ['', ''], ...options] = Object.entries(written)
  const minimum = typeof minimumCases === 'number' ? { minimumCases } : {}
  return { verifier, file: String(file), ...minimum, options: Object.fromEntries(options) }
}

function writtenOf({ verifier, file, minimumCases, options }: Suite): Written {
  return { [verifier]: file, ...options, ...defined({ minimumCases }) }
}
