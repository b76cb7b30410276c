/** Which phase a resource of the build program stands for. Resources around an instance carry its name as a prefix. */
const phaseOfResource: Readonly<Record<string, Phase>> = {
  base: 'base',
  configure: 'configure',
  seal: 'seal',
  candidate: 'candidate',
  trial: 'trial',
  verify: 'verify',
  image: 'copy',
}

/** The phase of a resource's URN, and whether the resource is the phase's own, not one around it. */
export function findPhase(urn: string | undefined): { phase: Phase; main: boolean } | undefined {
  const name = urn?.split('::').pop() ?? ''
  const [first = '', second] = name.split('-')
  const phase = phaseOfResource[first]
  if (!phase) return undefined
  return { phase, main: second === undefined || /^\d+$/.test(second) }
}

/** The phases of a build, in their order. */
export const phases = ['resolve', 'base', 'configure', 'seal', 'candidate', 'trial', 'verify', 'copy', 'clean', 'promote'] as const
export type Phase = (typeof phases)[number]
