import { join } from 'node:path'
import type { CloudResources } from '../cloud/cloud.ts'
import { sourceFolder } from '../core/paths.ts'
import { shellQuote } from '../core/quote.ts'
import { readTools } from '../core/tools.ts'
import type { GraphSpec } from '../graph/build.ts'
import { lifetimeOf } from '../model/lifetime.ts'
import type { Plan } from './plan.ts'

/** The graph of a plan, with keys of its machines. */
export function graphSpec(plan: Plan, keys: GraphSpec['keys'], resources: CloudResources): GraphSpec {
  const { family, version, build, folder } = plan
  const expires = new Date(Date.now() + lifetimeOf(family)).toISOString()
  const runner = join(sourceFolder(), 'steps/run.ts')
  return {
    context: { family, version, build, buildFolder: folder, expires },
    resources,
    keys,
    base: plan.base.id,
    imageName: `${family.name}-${version}`,
    candidateName: `${family.name}-${version}-candidate`,
    stepCommand: (step) => [readTools().node, runner, step, folder].map(shellQuote).join(' '),
  }
}
