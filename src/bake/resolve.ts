import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseCloud, chooseCloudResources } from '../cloud/choose.ts'
import type { Cloud, CloudResources } from '../cloud/cloud.ts'
import { UsageError } from '../core/errors.ts'
import type { BaseImage } from '../core/model.ts'
import { sourceFolder } from '../core/paths.ts'
import { createRedactor, type Redactor } from '../core/redact.ts'
import { computeInputsDigest } from '../family/digest.ts'
import type { Family } from '../family/family.ts'
import { lifetimeOf } from '../family/longest.ts'
import { readFamily } from '../family/read-family.ts'
import { readSecrets, secretValues } from '../family/secrets.ts'
import type { GraphSpec } from '../graph/graph.ts'
import { readTools } from '../setup/tools.ts'
import { buildFiles, type StepRequest } from '../steps/request.ts'
import { requireVerifiers } from '../steps/verify/verifier.ts'
import { requirePassword } from '../steps/windows/password.ts'
import type { BakeRequest } from './api.ts'
import type { Journal } from './journal.ts'
import { makeKeyPair } from './keys.ts'
import { findLatestGood, type LatestGood } from './promote.ts'
import { choosePlace } from './reserve.ts'
import { engine } from './stack.ts'
import { readToolVersions, shapingVersions } from './tool-versions.ts'

/** A family as it will be baked, read and checked; nothing has been looked up yet. */
export interface Order {
  readonly request: BakeRequest
  readonly family: Family
  readonly cloud: Cloud
  readonly redactor: Redactor
}

/** All that is known before anything is created. */
export interface Plan extends Order {
  readonly base: BaseImage
  readonly inputsDigest: string
  readonly latest: LatestGood | undefined
  readonly version: string
  readonly build: string
  readonly folder: string
  readonly stackName: string
  readonly toolVersions: Readonly<Record<string, string>>
}

/** Reads what the user wrote. Throws UsageError, with the place in the file. */
export async function readOrder(request: BakeRequest): Promise<Order> {
  const read = await readFamily(request.family, request.cloud === undefined ? {} : { cloud: request.cloud })
  return {
    request,
    family: read,
    cloud: await chooseCloud(read.cloud),
    redactor: createRedactor(secretValues(readSecrets(read))),
  }
}

/** Finds base, latest good image and version. Creates nothing but what a cache may hold. */
export async function makePlan(order: Order, journal: Journal, signal: AbortSignal): Promise<Plan> {
  const { request, family, cloud } = order
  await requireVerifiers(family.verify.suites)
  requirePassword(family, cloud)
  void engine()
  const [base, latest, toolVersions] = await Promise.all([
    cloud.resolveBase(family, {
      progress: (line) => journal.task('resolve', line),
      latestGood: () => readAncestor(order),
      signal,
    }),
    findLatestGood(family.name, request.backend),
    readToolVersions(),
  ])
  return {
    ...order,
    base,
    latest,
    toolVersions,
    inputsDigest: await computeInputsDigest(family, base, { cloud: cloud.name, ...shapingVersions(toolVersions) }),
    build: randomBytes(6).toString('hex'),
    ...(await choosePlace(request, latest)),
  }
}

/** The latest good image of the family that this one starts from: the outputs of its stack are the truth. Throws UsageError. */
async function readAncestor({ request, family, cloud }: Order): Promise<LatestGood> {
  const { base } = family
  if (!('family' in base)) throw new Error(`${family.name} starts from no family`)
  const latest = await findLatestGood(base.family, request.backend)
  const hint = `bake ${base.family} first: npm run bake -- --family ${base.family}`
  if (!latest) throw new UsageError(`${family.name} starts from ${base.family}, of which there is no good image yet`, { hint })
  if (latest.cloud === cloud.name) return latest
  throw new UsageError(
    `${family.name} starts from ${base.family}, whose latest good image is on the cloud ${latest.cloud}, not on ${cloud.name}`,
    {
      hint: `${hint} --cloud ${cloud.name}`,
    },
  )
}

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
  await writeFile(join(folder, buildFiles.request), `${JSON.stringify(request, undefined, 2)}\n`)
  const [base, trial, resources] = await Promise.all([
    makeKeyPair(folder, 'base', family.os),
    makeKeyPair(folder, 'trial', family.os),
    chooseCloudResources(plan.cloud.name),
  ])
  return graphSpec(plan, { base, trial }, resources)
}

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
    stepCommand: (step) => [readTools().node, runner, step, folder].map(quote).join(' '),
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
