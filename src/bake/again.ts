import type { BakeRequest } from './api.ts'

/** The arguments that make the same bake again and keep the machine. */
export function againArguments({ family, cloud, prove, backend }: BakeRequest): string[] {
  const rest = [cloud && `--cloud ${cloud}`, prove && '--prove', backend && `--backend '${backend}'`]
  return ['--family', family, ...rest.filter((each) => typeof each === 'string'), '--keep failed']
}
