/** The phase of each resource of the build program. Names of resources that belong to an instance start with its name. */
const phaseOfResource: Readonly<Record<string, Phase>> = {
  base: 'base',
  configure: 'configure',
  seal: 'seal',
  candidate: 'candidate',
  trial: 'trial',
  verify: 'verify',
  image: 'copy',
}

/** The phase of a resource's URN, and whether it is the main resource of that phase. */
export function findPhase(urn: string | undefined): { phase: Phase; main: boolean } | undefined {
  const name = urn?.split('::').pop() ?? ''
  const [first = '', second] = name.split('-')
  const phase = phaseOfResource[first]
  if (!phase) return undefined
  return { phase, main: second === undefined || /^\d+$/.test(second) }
}

/** The phases of a build, in order. */
export const phases = ['resolve', 'base', 'configure', 'seal', 'candidate', 'trial', 'verify', 'copy', 'clean', 'promote'] as const
/** A phase of a build. */
export type Phase = (typeof phases)[number]
