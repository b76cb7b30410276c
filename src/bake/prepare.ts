import { chooseCloudResources } from '../cloud/clouds.ts'
import type { GraphSpec } from '../graph/build.ts'
import { prepareSteps } from '../steps/prepare.ts'
import { graphSpec } from './graph-spec.ts'
import type { Plan } from './plan.ts'

/** Creates the build folder and the description of the Pulumi program. `expires`: when temporary resources expire, ISO 8601. */
export async function prepare(plan: Plan, expires: string): Promise<GraphSpec> {
  const { family, version, build, request, latest } = plan
  const previousCases = Object.fromEntries((latest?.verified ?? []).map(({ suite, id, passed, failed }) => [id ?? suite, passed + failed]))
  const stepRequest = { family, version, build, cloud: plan.cloud.name, prove: request.prove, previousCases }
  const [keys, resources] = await Promise.all([prepareSteps(plan.folder, stepRequest), chooseCloudResources(plan.cloud.name)])
  return { ...graphSpec(plan, { keys, resources, expires }), kept: { folder: plan.folder, request: stepRequest } }
}
