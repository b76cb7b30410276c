import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseCloudResources } from '../cloud/clouds.ts'
import type { GraphSpec } from '../graph/build.ts'
import { makeKeyPair } from '../guest/ssh/keys.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { StepRequest } from '../model/step.ts'
import { renderRequest } from '../model/step-request.ts'
import { graphSpec } from './graph-spec.ts'
import type { Plan } from './plan.ts'

/** Makes the build folder: keys, and the request that the steps read. */
export async function prepare(plan: Plan): Promise<GraphSpec> {
  const { family, folder, version, build } = plan
  for (const sub of [buildFiles.steps, buildFiles.logs, buildFiles.junit]) await mkdir(join(folder, sub), { recursive: true })
  const request: StepRequest = {
    family,
    version,
    build,
    cloud: plan.cloud.name,
    prove: plan.request.prove,
    previousCases: Object.fromEntries((plan.latest?.verified ?? []).map(({ suite, passed, failed }) => [suite, passed + failed])),
  }
  await writeFile(join(folder, buildFiles.request), renderRequest(request))
  const [base, trial, resources] = await Promise.all([
    makeKeyPair(folder, 'base', family.os),
    makeKeyPair(folder, 'trial', family.os),
    chooseCloudResources(plan.cloud.name),
  ])
  return graphSpec(plan, { base, trial }, resources)
}
