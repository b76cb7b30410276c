import type { Problem } from './explain.ts'
import type { FamilySpec } from './schema.ts'

/** A variable in the words of Ansible, as in `Server-{{ release }}`. */
const reference = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g

/**
 * The base with the family's own variables in it, so that one family can be of several releases; only the name of an SSM parameter
 * takes them. What it names and the family does not have is a problem.
 */
export function fillBase({ base, configure }: Pick<FamilySpec, 'base' | 'configure'>): { base: FamilySpec['base']; problems: Problem[] } {
  if (!('parameter' in base)) return { base, problems: [] }
  const problems: Problem[] = []
  const parameter = base.parameter.replace(reference, (written, name: string) => {
    const value = configure.variables[name]
    if (typeof value === 'string' || typeof value === 'number') return String(value)
    const known = Object.keys(configure.variables).join(', ') || 'there is none'
    problems.push({
      path: ['base', 'parameter'],
      at: 'value',
      text: `expected a variable of configure.variables (${known}), got ${written}`,
      hint: undefined,
    })
    return written
  })
  return { base: { ...base, parameter }, problems }
}
