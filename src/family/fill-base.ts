import type { Path, Problem } from './explain.ts'
import type { Base, FamilySpec } from './schema.ts'

/** A variable in the words of Ansible, as in `Server-{{ release }}`. */
const reference = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g

/** Where the base of a family stands in its file: in the section of its cloud, where that has one, else at the top. */
export function basePath(spec: FamilySpec): Path {
  return findOwnBase(spec) === undefined ? ['base'] : [spec.cloud, 'base']
}

/**
 * The base on the family's cloud, with the family's own variables in it, so that one family can be of several releases; only the name
 * of an SSM parameter takes them. What it names and the family does not have is a problem.
 */
export function fillBase(spec: FamilySpec): { base: Base; problems: Problem[] } {
  const base = findOwnBase(spec) ?? spec.base
  if (!('parameter' in base)) return { base, problems: [] }
  const { variables } = spec.configure
  const problems: Problem[] = []
  const parameter = base.parameter.replace(reference, (written, name: string) => {
    const value = variables[name]
    if (typeof value === 'string' || typeof value === 'number') return String(value)
    const known = Object.keys(variables).join(', ') || 'there is none'
    problems.push({
      path: [...basePath(spec), 'parameter'],
      at: 'value',
      text: `expected a variable of configure.variables (${known}), got ${written}`,
      hint: undefined,
    })
    return written
  })
  return { base: { ...base, parameter }, problems }
}

/** The sections of a family that are about one cloud have its name. */
function findOwnBase(spec: FamilySpec): Base | undefined {
  const sections = spec as unknown as Readonly<Record<string, { readonly base?: Base } | undefined>>
  return sections[spec.cloud]?.base
}
