import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Call } from './call.ts'
import { completeRequest } from './complete-request.ts'
import { createInjector, type Faults } from './faults.ts'
import { createRefreshes } from './instance-refresh.ts'
import { completeAnswer, createMissing, findMissing } from './missing-actions.ts'
import { refuseNameInUse, refuseOtherType } from './refusals.ts'
import { showTemplateTags } from './template-tags.ts'

export interface Gateway extends AsyncDisposable {
  readonly url: string
  /** The URL of the API server itself. Calls to it are not recorded and get no faults. */
  readonly target: string
  /** All calls so far, as `service:Action`. */
  readonly calls: readonly string[]
  /** The actions that the product and its provider called, as `service:Action`: not those of a test itself. A test may clear it. */
  readonly productActions: Set<string>
  /** The number of calls that got no answer. */
  readonly held: () => number
  /** The number of injected faults. */
  readonly injected: { throttled: number; notFound: number }
  /** Images whose instances never become healthy. */
  readonly sick: Set<string>
  faults: Faults
  /** The administrator's password of all instances. Default: the one from the API server. */
  password?: string
}

interface MotoAnswer {
  readonly real: Response
  readonly said: string
}

/** moto answers an unknown action with a web page, and rarely also a known one. A call that only reads is repeated once. */
async function askMoto(
  target: string,
  request: IncomingMessage,
  given: { body: string; action?: string | undefined },
): Promise<MotoAnswer> {
  const headers = Object.entries(request.headers).filter(([name]) => !/^(connection|content-length|transfer-encoding|expect)$/.test(name))
  const send = async (): Promise<MotoAnswer> => {
    const real = await fetch(`${target}${request.url ?? '/'}`, {
      method: request.method ?? 'POST',
      headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
      ...(given.body === '' ? {} : { body: given.body }),
    })
    return { real, said: await real.text() }
  }
  const first = await send()
  return isWebPage(first.real, first.said) && /^(Describe|Get|List)/.test(given.action ?? '') ? send() : first
}

function isWebPage(real: Response, said: string): boolean {
  return !real.ok && /^<!doctype html/i.test(said)
}

/** Starts a server in front of moto that injects faults, records calls, and answers actions that moto does not have. */
export async function startGateway(target: string, given: Faults = {}): Promise<Gateway> {
  const calls: string[] = []
  const productActions = new Set<string>()
  const injector = createInjector(target)
  const missing = createMissing()
  const sick = new Set<string>()
  const refreshes = createRefreshes(target, sick)
  let held = 0
  const reached = new WeakSet<Faults>()
  const isHeld = ({ action }: Call, faults: Faults): boolean => {
    if (action !== '' && action === faults.holdAfter) reached.add(faults)
    return action !== '' && action === faults.hold && (faults.holdAfter === undefined || reached.has(faults))
  }
  const hold = (): Promise<never> => {
    held++
    return new Promise(() => {})
  }
  const answer = async (request: IncomingMessage): Promise<{ status: number; type: string; text: string }> => {
    const body = await readBody(request)
    const call = parseCall(request, body)
    if (call.action) calls.push(`${call.service}:${call.action}`)
    if (call.action && isOfProduct(request)) productActions.add(`${call.service}:${call.action}`)
    if (isHeld(call, gateway.faults)) return hold()
    const simulated = { password: gateway.password, processors: gateway.faults.processors }
    const own =
      injector.refuse(call, gateway.faults) ??
      findMissing(call, missing, simulated) ??
      (await refreshes(call)) ??
      (await refuseNameInUse(call, target)) ??
      (await refuseOtherType(call, target))
    if (own)
      return {
        status: own.status,
        type: call.json ? 'application/x-amz-json-1.1' : 'text/xml',
        text: own.body ?? renderError(call, own.code),
      }
    await injector.before(call, gateway.faults)
    const { real, said } = await askMoto(target, request, { body: await completeRequest(call, body, target), action: call.action })
    if (isWebPage(real, said)) return { status: 400, type: 'text/xml', text: renderError(call, 'InvalidAction') }
    const complete = await showTemplateTags(call, completeAnswer(call, said, missing), target)
    const text = injector.after(call, complete, real.ok ? gateway.faults : {})
    return { status: real.status, type: real.headers.get('content-type') ?? 'text/xml', text }
  }
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, type, text }) => response.writeHead(status, { 'content-type': type }).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  const gateway: Gateway = {
    url: `http://127.0.0.1:${await listen(server)}`,
    target,
    calls,
    productActions,
    held: () => held,
    injected: injector.injected,
    sick,
    faults: given,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
  return gateway
}

/** Parses a call: service and region are in the signature, the action is in the form or in a header. */
export function parseCall({ headers }: Pick<IncomingMessage, 'headers'>, body: string): Call {
  const [, region = '', service = ''] = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(headers.authorization ?? '') ?? []
  const target = headers['x-amz-target']
  if (typeof target === 'string') return { service, region, action: target.split('.').at(-1) ?? '', body, json: true }
  const action = /(?:^|&)Action=(\w+)/.exec(body)?.[1] ?? ''
  return { service, region, action, body: decodeURIComponent(body.replaceAll('+', ' ')), json: false }
}

/** Whether a call comes from the product or from its provider, and not from a client of a test. */
function isOfProduct({ headers }: IncomingMessage): boolean {
  return /bakehouse|terraform-provider-aws/i.test(String(headers['user-agent']))
}

function renderError({ json }: Call, code = 'InternalError'): string {
  const message = `${code}, said by the gateway of the test`
  if (json) return JSON.stringify({ __type: code, message })
  return `<?xml version="1.0"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>test</RequestID></Response>`
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}
