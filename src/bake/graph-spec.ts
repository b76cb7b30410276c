import type { CloudResources } from '../cloud/cloud.ts'
import { readTools } from '../core/tools.ts'
import type { GraphSpec } from '../graph/build.ts'
import { stepCommand } from '../steps/entry.ts'
import type { Plan } from './plan.ts'

interface GraphParts {
  readonly keys: GraphSpec['keys']
  readonly resources: CloudResources
  /** When temporary resources expire, ISO 8601. */
  readonly expires: string
}

/** The names of the images that a build creates. */
export function imageNames({ name }: Pick<Plan['family'], 'name'>, version: string): Pick<GraphSpec, 'imageName' | 'candidateName'> {
  return { imageName: `${name}-${version}`, candidateName: `${name}-${version}-candidate` }
}

/** The description of the Pulumi program for a plan. */
export function graphSpec(plan: Plan, { keys, resources, expires }: GraphParts): GraphSpec {
  const { family, version, build, folder } = plan
  return {
    context: { family, version, build, buildFolder: folder, expires },
    resources,
    keys,
    base: plan.base.id,
    ...imageNames(family, version),
    stepCommand: (step) => stepCommand(readTools().node, step, folder),
  }
}
