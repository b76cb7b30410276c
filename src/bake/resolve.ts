import { randomBytes } from 'node:crypto'
import type { BaseSearch, Cloud } from '../cloud/cloud.ts'
import { UsageError } from '../core/errors.ts'
import { stateCommandLine } from '../core/program.ts'
import { computeInputsDigest } from '../family/digest.ts'
import { findLatestGood, latestGoodOf } from '../life/latest-good.ts'
import { findBaseFamily } from '../model/family.ts'
import type { LatestGood } from '../model/outputs.ts'
import { requireSteps } from '../steps/preflight.ts'
import type { Journal } from './journal.ts'
import type { Order, Plan } from './plan.ts'
import { choosePlace, requireFreeNames, versionsIn } from './reserve.ts'
import { readToolVersions, shapingVersions } from './tool-versions.ts'

/** Finds base image, latest good image and version. Creates nothing, except files in the cache. Throws UsageError and MissingError. */
export async function makePlan(order: Order, journal: Journal, signal: AbortSignal): Promise<Plan> {
  const { request, family, cloud } = order
  await requireSteps(family, cloud)
  const progress = (line: string): void => journal.task('resolve', line)
  const warn = (warning: string): void => note(journal, `warning: ${warning}`)
  const [inputs, host] = await Promise.all([readInputs(order, { progress, warn, signal }), noteHost(cloud, journal)])
  const { familyState, latest } = inputs
  const place = await choosePlace(request, latest, { known: versionsIn(familyState) })
  await requireFreeNames({ family, cloud, familyState }, place.version)
  return {
    ...order,
    ...inputs,
    toolVersions: { ...inputs.toolVersions, ...host },
    build: randomBytes(6).toString('hex'),
    ...place,
  }
}

/** What decides whether a family needs a build, and what it would be built from. */
export type Inputs = Pick<Plan, 'base' | 'familyState' | 'latest' | 'toolVersions' | 'inputsDigest'>

/** Reads the inputs of a build. Creates nothing, except files in the cache. Throws UsageError and MissingError. */
export async function readInputs(order: FamilyPlace, search: Pick<BaseSearch, 'progress' | 'warn' | 'signal'>): Promise<Inputs> {
  const { family, cloud, engine } = order
  const [base, familyState, toolVersions] = await Promise.all([
    cloud.resolveBase(family, { ...search, latestGood: () => readAncestor(order) }),
    engine.findState(family.name),
    readToolVersions(engine),
  ])
  const inputsDigest = await computeInputsDigest(family, base, { cloud: cloud.name, ...shapingVersions(toolVersions) })
  return { base, familyState, latest: latestGoodOf(familyState), toolVersions, inputsDigest }
}

/** A family, and where it is built. */
export type FamilyPlace = Pick<Order, 'family' | 'cloud' | 'engine'>

/** Reports what runs the machines (for example QEMU with KVM), with a hint if they could be faster. Returns it for the record. */
async function noteHost(cloud: Cloud, journal: Journal): Promise<Record<string, string>> {
  const host = await cloud.describeHost?.()
  if (!host) return {}
  const { name, detail, hint } = host
  note(journal, `${name}: ${detail}`)
  if (hint) note(journal, `hint: ${hint}`)
  return { [name]: detail }
}

function note(journal: Journal, text: string): void {
  journal.tell({ type: 'note', phase: 'resolve', text, at: new Date().toISOString() })
}

/** The latest good image of the parent family, from the outputs of its family stack. Throws UsageError if there is none on this cloud. */
async function readAncestor({ engine, family, cloud }: FamilyPlace): Promise<LatestGood> {
  const base = findBaseFamily(family.base)
  if (base === undefined) throw new Error(`${family.name} does not start from a family`)
  const latest = await findLatestGood(engine, base)
  const hint = `build ${base} first: ${stateCommandLine(`--family ${base}`)}`
  if (!latest) throw new UsageError(`${family.name} starts from ${base}, which has no promoted image yet`, { hint })
  if (latest.cloud === cloud.name) return latest
  throw new UsageError(
    `${family.name} starts from ${base}, whose latest good image is on the cloud ${latest.cloud}, not on ${cloud.name}`,
    {
      hint: `${hint} --cloud ${cloud.name}`,
    },
  )
}
