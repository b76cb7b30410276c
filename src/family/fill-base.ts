import type { FamilyFile, Written } from '../model/family-file.ts'
import type { Path, Problem } from './explain.ts'
import { clouds } from './known.ts'

/** A variable in the words of Ansible, as in `Server-{{ release }}`. */
const reference = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g

/** Where the base of a family stands in its file: in the section of its cloud, where that has one, else at the top. */
export function basePath(cloud: string, section: unknown): Path {
  return findOwnBase(section) === undefined ? ['base'] : [cloud, 'base']
}

/**
 * The base on the family's cloud, with the family's own variables in it, so that one family can be of several releases. Each kind of
 * base says which of its keys take them. A variable that the family does not have is a problem.
 */
export function fillBase(file: FamilyFile): { base: Written; problems: Problem[] } {
  const section = file[file.cloud]
  const base = findOwnBase(section) ?? file.base
  const problems: Problem[] = []
  const filled = templatesOf(base).map((key) => {
    const path = [...basePath(file.cloud, section), key]
    return [key, fill(String(base[key]), file.configure.variables, (text) => problems.push({ path, at: 'value', text }))]
  })
  return { base: { ...base, ...Object.fromEntries(filled) }, problems }
}

/** The keys of a base that take variables. */
function templatesOf(base: Written): readonly string[] {
  return clouds.flatMap(({ bases }) => bases.find(({ kind }) => kind in base)?.templates ?? [])
}

function fill(text: string, variables: Readonly<Record<string, unknown>>, fail: (problem: string) => void): string {
  return text.replace(reference, (written, name: string) => {
    const value = variables[name]
    if (typeof value === 'string' || typeof value === 'number') return String(value)
    const known = Object.keys(variables).join(', ') || 'there is none'
    fail(`expected a variable of configure.variables (${known}), got ${written}`)
    return written
  })
}

/** The section of a cloud may have a base of its own. */
function findOwnBase(section: unknown): Written | undefined {
  return (section as { readonly base?: Written } | undefined)?.base
}
