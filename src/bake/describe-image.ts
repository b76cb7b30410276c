import { defined } from '../core/defined.ts'
import type { BuildOutputs, LatestGood } from '../model/outputs.ts'
import type { SuiteResult } from '../model/suite-result.ts'
import type { Plan } from './plan.ts'
import { readSourceCommit } from './tool-versions.ts'

/** The outputs that promotion writes to the family stack. */
export async function describeImage(plan: Plan, built: BuildOutputs, suites: readonly SuiteResult[]): Promise<LatestGood> {
  const at = new Date().toISOString()
  const count = (suite: SuiteResult, passed: boolean): number =>
    suite.cases.filter(({ status }) => (passed ? status === 'passed' : status === 'failed' || status === 'error')).length
  return {
    imageId: built.imageId,
    imageName: built.imageName,
    version: plan.version,
    family: plan.family.name,
    cloud: plan.cloud.name,
    region: plan.cloud.region,
    imagesByRegion: built.imagesByRegion,
    baseImage: plan.base.name,
    digest: built.digest,
    verified: suites.map((suite) => ({
      suite: suite.suite,
      ...defined({ id: suite.id }),
      passed: count(suite, true),
      failed: count(suite, false),
      at,
    })),
    promotedAt: at,
    sourceCommit: await readSourceCommit(),
    buildStack: `bakehouse/${plan.stackName}`,
    previousVersion: plan.latest?.version ?? '',
    inputsDigest: plan.inputsDigest,
  }
}
