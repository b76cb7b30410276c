import { systemNames, systemOf } from '../guest/systems.ts'
import type { FamilyFile } from '../model/family-file.ts'
import { parseSource, type SourceDocument } from './document.ts'
import { explainIssues } from './explain.ts'
import { familySchema } from './schema.ts'

/** A family file's content with all defaults, and the document for errors about it. */
export interface ParsedFamily {
  readonly file: FamilyFile
  readonly document: SourceDocument
}

/**
 * Parses the content of a `family.yaml`. `shared`: settings that it has unless it sets them, see bakehouse.yaml. Throws UsageError with
 * `file:line:column: expected …, got …`.
 */
export function parseFamily(bytes: Uint8Array, path: string, shared: Readonly<Record<string, unknown>> = {}): ParsedFamily {
  const document = parseSource(bytes, path)
  const problems = explainIssues(familySchema, document.value)
  if (problems.length > 0) throw document.error(problems)
  const merged = merge(document.value as Record<string, unknown>, shared)
  const conflicts = explainIssues(familySchema, merged)
  if (conflicts.length > 0) throw document.error(conflicts)
  return { file: familySchema.parse(withDefaults(merged)), document }
}

/** The settings of a family file, and those of `shared` that it does not have. In both, a section is a mapping of settings. */
function merge(file: Record<string, unknown>, shared: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const sections = Object.entries(shared).map(([key, value]) => {
    const own = file[key]
    return [key, isSection(value) && isSection(own) ? { ...value, ...own } : (own ?? value)]
  })
  return { ...file, ...Object.fromEntries(sections) }
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withDefaults(value: Record<string, unknown>): unknown {
  const { defaults } = systemOf(String(value.os ?? systemNames[0]))
  const sections = Object.entries(defaults).map(([name, settings]) => [name, { ...settings, ...(value[name] as object | undefined) }])
  return { ...value, ...Object.fromEntries(sections) }
}
