/** The first dotted number in the output of a tool; undefined if there is none. */
export function findVersion(text: string): string | undefined {
  return /\d+(\.\d+)+/.exec(text)?.[0]
}

/** Whether a dotted version is equal to or newer than the other. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [left, right] = [version, minimum].map((text) => text.split('.').map(Number))
  for (let part = 0; part < 4; part++) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

/** Whether a version is equal or newer and has the same major version. */
export function isCompatible(version: string, minimum: string): boolean {
  return version.split('.')[0] === minimum.split('.')[0] && isAtLeast(version, minimum)
}

/** Whether a version is in a range such as `>=1.2,<2`. False for ranges of other kinds; the tool decides about those. */
export function isWithin(version: string, range: string): boolean {
  return range.split(',').every((part) => {
    const [, operator = '==', bound = ''] = part.trim().match(/^(==|!=|>=|<=|>|<)?\s*([\w.*+-]+)$/) ?? []
    if (bound === '*') return true
    const order = compareDotted(version, bound)
    return { '==': order === 0, '!=': order !== 0, '>=': order >= 0, '<=': order <= 0, '>': order > 0, '<': order < 0 }[operator] ?? false
  })
}

function compareDotted(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map((part) => Number.parseInt(part, 10) || 0)) as [number[], number[]]
  const at = Array.from({ length: Math.max(a.length, b.length) }).findIndex((_, index) => (a[index] ?? 0) !== (b[index] ?? 0))
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}
