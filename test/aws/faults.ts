import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Answer, Call } from './call.ts'
import { ownCalls } from './own-calls.ts'

/** Faults that the gateway injects. */
export interface Faults {
  /** Share of calls that are throttled, from 0 to 1. */
  readonly throttle?: number
  /** Maximum number of NotFound errors for a new resource; the number is random for each resource. */
  readonly notFound?: number
  /** Answers these actions with an error code: always, or only calls of a region, or only calls that contain certain words. */
  readonly refuse?: Readonly<Record<string, string | Refusal>>
  /** Calls of this action get no answer. */
  readonly hold?: string
  /** They get none only after the first call of this action. */
  readonly holdAfter?: string
  /** The vCPU quota of the account. */
  readonly processors?: number
  /** From the first call of this action on, all credentials have expired. */
  readonly expireAt?: string
  /** Regions that are not enabled for the account: they reject all credentials, and the list of the regions says so. */
  readonly closedRegions?: readonly string[]
  /** Tags that a call which creates something must have, on everything that EC2 can tag in this call. */
  readonly demandTags?: readonly string[]
  /** How many reads of a parameter still find its old value after an update. Until then, AWS refuses another update. */
  readonly lateReads?: number
  /** All instances have been interrupted as spot instances. */
  readonly interruptSpot?: boolean
  /** Copies of images that start in this region end in the state `failed`. */
  readonly failCopiesIn?: string
}

export interface Refusal {
  readonly code: string
  readonly region?: string
  readonly words?: string
}

/** Injects faults into calls. It knows what was created, and what was changed. */
export interface Injector {
  /** The number of injected faults. */
  readonly injected: { throttled: number; notFound: number }
  /** The answer to a call that a fault refuses. */
  refuse(call: Call, faults: Faults): Answer | undefined
  /** To be called before a call that is not refused. */
  before(call: Call, faults: Faults): Promise<void>
  /** The answer to the call, as the faults change it. */
  after(call: Call, text: string, faults: Faults): string
}

const notFoundCodes: Readonly<Record<string, string>> = {
  ami: 'InvalidAMIID.NotFound',
  i: 'InvalidInstanceID.NotFound',
  key: 'InvalidKeyPair.NotFound',
  sg: 'InvalidGroup.NotFound',
}

/** For each action that creates a resource: the element of its answer that contains the ID. */
const made: Readonly<Record<string, string>> = {
  RunInstances: 'instanceId',
  CreateImage: 'imageId',
  CopyImage: 'imageId',
  ImportKeyPair: 'keyPairId',
  CreateSecurityGroup: 'groupId',
}

/** Creates an injector for the calls to the API server `target`. */
export function createInjector(target: string): Injector {
  const injected = { throttled: 0, notFound: 0 }
  const fresh = new Map<string, number>()
  const old = new Map<string, { readonly value: string; reads: number }>()
  const failing = new Map<string, number>()
  let expired = false
  return {
    injected,
    refuse(call, faults) {
      expired = faults.expireAt !== undefined && (expired || call.action === faults.expireAt)
      const refused = findRefusal(call, faults, expired)
      if (refused !== undefined) return refused
      if (call.action === 'PutParameter' && (old.get(parameterOf(call))?.reads ?? 0) > 0) return stillValidating
      if (faults.throttle !== undefined && call.action !== '' && Math.random() < faults.throttle) {
        injected.throttled++
        return { status: call.json ? 400 : 503, code: call.json ? 'ThrottlingException' : 'RequestLimitExceeded' }
      }
      const unknown = call.service === 'ec2' ? [...fresh].find(([id, left]) => left > 0 && call.body.includes(id)) : undefined
      if (unknown === undefined) return undefined
      const [id, left] = unknown
      fresh.set(id, left - 1)
      injected.notFound++
      return { status: 400, code: notFoundCodes[id.split('-')[0] ?? ''] ?? 'InvalidID.NotFound' }
    },
    async before(call, { lateReads }) {
      if (call.action !== 'PutParameter' || lateReads === undefined) return
      const value = await readParameter(target, call.region, nameIn(call))
      if (value !== undefined) old.set(parameterOf(call), { value, reads: lateReads })
    },
    after(call, text, faults) {
      noteFresh(call, text, faults, fresh)
      if (call.action === 'CopyImage' && call.region === faults.failCopiesIn) failing.set(/<imageId>(.*?)</.exec(text)?.[1] ?? '', 1)
      if (call.action === 'DescribeRegions') return closeRegions(text, faults)
      if (call.action === 'DescribeImages') return failImages(text, failing)
      if (call.action === 'DescribeInstances' && faults.interruptSpot) return interruptAll(text)
      return call.action === 'GetParameter' ? keepOldValue(call, text, old) : text
    },
  }
}

function findRefusal({ action, region, body, service }: Call, faults: Faults, expired: boolean): Answer | undefined {
  if (expired) return { status: 400, code: service === 'ec2' ? 'RequestExpired' : 'ExpiredTokenException' }
  if (faults.closedRegions?.includes(region))
    return { status: 401, code: service === 'ec2' ? 'AuthFailure' : 'UnrecognizedClientException' }
  if (!hasTags({ action, body }, faults.demandTags)) return { status: 403, code: 'UnauthorizedOperation' }
  const refusal = faults.refuse?.[action]
  if (refusal === undefined) return undefined
  const { code, words = '', ...where } = typeof refusal === 'string' ? { code: refusal } : refusal
  const isMeant = (where.region ?? region) === region && body.includes(words)
  return isMeant ? { status: statusOf(code), code } : undefined
}

/** EC2 reports missing capacity as an error of the server. */
function statusOf(code: string): number {
  return code.startsWith('Insufficient') ? 500 : 400
}

/**
 * For each action that creates something: the kinds of resources that must have tags. The provider tags snapshots, copies of images and
 * parameters in another call.
 */
const tagged: Readonly<Record<string, (body: string) => readonly string[]>> = {
  RunInstances: (body) => [
    ...['instance', 'volume', 'network-interface'],
    ...(body.includes('MarketType=spot') ? ['spot-instances-request'] : []),
  ],
  CreateImage: () => ['image'],
  ImportKeyPair: () => ['key-pair'],
  CreateSecurityGroup: () => ['security-group'],
}

/** Whether a call has these tags on everything that it creates. */
function hasTags({ action, body }: Pick<Call, 'action' | 'body'>, tags: readonly string[] = []): boolean {
  const kinds = tagged[action]?.(body) ?? []
  return kinds.every((kind) => {
    const number = new RegExp(`TagSpecification\\.(\\d+)\\.ResourceType=${kind}(&|$)`).exec(body)?.[1]
    return tags.every((tag) => new RegExp(`TagSpecification\\.${number}\\.Tag\\.\\d+\\.Key=${tag}(&|$)`).test(body))
  })
}

function noteFresh({ action }: Call, text: string, { notFound = 0 }: Faults, fresh: Map<string, number>): void {
  const element = made[action]
  if (notFound === 0 || element === undefined) return
  for (const [, id = ''] of text.matchAll(new RegExp(`<${element}>([a-z]+-[0-9a-f]{8,17})<`, 'g'))) {
    if (!fresh.has(id)) fresh.set(id, 1 + Math.floor(Math.random() * notFound))
  }
}

/** A failing copy is first pending. Its state stands behind its ID. */
function failImages(text: string, failing: Map<string, number>): string {
  return [...failing].reduce((before, [id, polls]) => {
    if (!before.includes(`<imageId>${id}</imageId>`)) return before
    failing.set(id, polls - 1)
    const state = polls > 0 ? 'pending' : 'failed'
    return before.replace(new RegExp(`(<imageId>${id}</imageId>(?:(?!<imageId>).)*?<imageState>)[a-z]+<`, 's'), `$1${state}<`)
  }, text)
}

function closeRegions(text: string, { closedRegions = [] }: Faults): string {
  return closedRegions.reduce((before, region) => {
    const item = new RegExp(`<item>(?:(?!</item>).)*<regionName>${region}</regionName>.*?</item>`, 's')
    return before.replace(item, (found) => found.replace(/<optInStatus>.*?</, '<optInStatus>not-opted-in<'))
  }, text)
}

function interruptAll(text: string): string {
  const reason = '<stateReason><code>Server.SpotInstanceTermination</code><message>no capacity</message></stateReason>'
  return text.replaceAll(/<stateReason>.*?<\/stateReason>|<stateReason\/>/gs, '').replaceAll('</instanceId>', `</instanceId>${reason}`)
}

/** AWS documents this refusal without a code. */
const stillValidating: Answer = {
  status: 400,
  body: JSON.stringify({ __type: 'ValidationException', message: 'The parameter validation is still in process.' }),
}

const nameIn = ({ body }: Call): string => (JSON.parse(body) as { Name?: string }).Name ?? ''
const parameterOf = (call: Call): string => `${call.region} ${nameIn(call)}`

function keepOldValue(call: Call, text: string, old: ReadonlyMap<string, { readonly value: string; reads: number }>): string {
  const late = old.get(parameterOf(call))
  if (late === undefined || late.reads === 0) return text
  late.reads--
  const answer = JSON.parse(text) as { Parameter?: object }
  return JSON.stringify({ ...answer, Parameter: { ...answer.Parameter, Value: late.value } })
}

async function readParameter(endpoint: string, region: string, Name: string): Promise<string | undefined> {
  const answer = await new SSMClient(ownCalls(endpoint, region)).send(new GetParameterCommand({ Name })).catch(() => undefined)
  return answer?.Parameter?.Value
}
