/** The first dotted number in what a tool prints of itself; undefined when there is none. */
export function findVersion(text: string): string | undefined {
  return /\d+(\.\d+)+/.exec(text)?.[0]
}

/** Whether a dotted version is the other one or newer. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [left, right] = [version, minimum].map((text) => text.split('.').map(Number))
  for (let part = 0; part < 4; part++) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

/** Newer or the same, within one major version. */
export function isCompatible(version: string, minimum: string): boolean {
  return version.split('.')[0] === minimum.split('.')[0] && isAtLeast(version, minimum)
}
