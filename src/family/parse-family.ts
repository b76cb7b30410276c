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

/** Parses the content of a `family.yaml`. Throws UsageError with `file:line:column: expected …, got …`. */
export function parseFamily(bytes: Uint8Array, path: string): ParsedFamily {
  const document = parseSource(bytes, path)
  const problems = explainIssues(familySchema, document.value)
  if (problems.length > 0) throw document.error(problems)
  return { file: familySchema.parse(withDefaults(document.value as Record<string, unknown>)), document }
}

function withDefaults(value: Record<string, unknown>): unknown {
  const { defaults } = systemOf(String(value.os ?? systemNames[0]))
  const sections = Object.entries(defaults).map(([name, settings]) => [name, { ...settings, ...(value[name] as object | undefined) }])
  return { ...value, ...Object.fromEntries(sections) }
}
