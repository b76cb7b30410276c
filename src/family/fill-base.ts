import type { FamilyFile, Written } from '../model/family-file.ts'
import type { Path, Problem } from './explain.ts'
import { clouds } from './known.ts'

/** A variable in the syntax of Ansible, as in `Server-{{ release }}`. */
const reference = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g

/** The path of the base in the family file: `base` in the section of the cloud if it is there, else `base` at the top. */
export function basePath(cloud: string, section: unknown): Path {
  return findOwnBase(section) === undefined ? ['base'] : [cloud, 'base']
}

/**
 * The base image on the cloud of the family. `{{ name }}` in it is replaced with that variable of the family, so that a family can
 * have several releases. Each kind of base declares the keys in which this is done. An unknown variable is a problem.
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

/** The keys of a base that may contain variables. */
function templatesOf(base: Written): readonly string[] {
  return clouds.flatMap(({ bases }) => bases.find(({ kind }) => kind in base)?.templates ?? [])
}

function fill(text: string, variables: Readonly<Record<string, unknown>>, fail: (problem: string) => void): string {
  return text.replace(reference, (written, name: string) => {
    const value = variables[name]
    if (typeof value === 'string' || typeof value === 'number') return String(value)
    const known = Object.keys(variables).join(', ') || 'none is defined'
    fail(`expected a variable of configure.variables (${known}), got ${written}`)
    return written
  })
}

/** The base in the section of a cloud, if it has one. */
function findOwnBase(section: unknown): Written | undefined {
  return (section as { readonly base?: Written } | undefined)?.base
}
