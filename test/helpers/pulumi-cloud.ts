import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** A server on 127.0.0.1 that answers as the API of Pulumi Cloud does, to the calls that the engine makes for stacks and updates. */
export interface PulumiCloud extends AsyncDisposable {
  readonly url: string
  /** The access token of the only user. */
  readonly token: string
  /** Calls that this server does not know, as `METHOD /path`. */
  readonly unknown: string[]
  /** The stack, as the server stores it; undefined if there is none. */
  find(name: string): CloudStack | undefined
}

interface CloudStack {
  tags: Record<string, string>
  version: number
  deployment: { readonly manifest?: object; readonly resources?: readonly unknown[] }
  /** The update that runs. */
  activeUpdate: string
}

interface Call {
  readonly method: string
  /** The parts of the path after the stack. */
  readonly rest: readonly string[]
  readonly body: Record<string, unknown>
}

interface Answer {
  readonly code?: number
  readonly body?: unknown
}

const user = 'baker'
/** The state of a stack before its first update. */
const empty: CloudStack['deployment'] = { manifest: { time: '0001-01-01T00:00:00Z', magic: '', version: '' } }
const refuse = (code: number, message: string): Answer => ({ code, body: { code, message } })

/** Starts the server. It has no stacks. */
export async function startPulumiCloud(): Promise<PulumiCloud> {
  const [token, stacks, unknown] = ['pul-0123456789', new Map<string, CloudStack>(), [] as string[]]
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://cloud')
    const { authorization = '' } = request.headers
    const isAllowed = authorization === `token ${token}` || authorization.startsWith('update-token ')
    const call = { method: request.method ?? '', rest: pathname.split('/').slice(2), body: await readBody(request) }
    const found = isAllowed ? route(call, stacks) : refuse(401, 'Unauthorized: No credentials provided or are invalid.')
    if (found === undefined) unknown.push(`${call.method} ${pathname}`)
    const { code = 200, body = {} } = found ?? refuse(404, 'Not Found')
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    ...{ token, unknown, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    find: (name) => stacks.get(name),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

/** The answer to a call; undefined if the path is not known. */
function route({ method, rest, body }: Call, stacks: Map<string, CloudStack>): Answer | undefined {
  const [area = '', , project, name, ...more] = rest
  if (area === 'capabilities') return { body: { capabilities: [] } }
  if (area === 'user') return answerUser(rest.slice(1), stacks)
  if (area !== 'stacks') return undefined
  if (method === 'HEAD') return stacks.size > 0 ? {} : { code: 404 }
  if (name === undefined) return createStack(project, body, stacks)
  const stack = stacks.get(name)
  if (!stack) return refuse(404, `Not Found: Stack '${user}/${project}/${name}' not found`)
  if (more.length > 0) return answerStack({ method, rest: more, body }, stack)
  if (method === 'GET') return { body: { orgName: user, projectName: project, stackName: name, ...stack, deployment: undefined } }
  if ((stack.deployment.resources ?? []).length > 0) return refuse(400, 'Bad Request: Stack still contains resources.')
  stacks.delete(name)
  return { code: 204 }
}

function answerUser([what]: readonly string[], stacks: ReadonlyMap<string, CloudStack>): Answer {
  if (what === undefined) return { body: { githubLogin: user, name: user, organizations: [{ githubLogin: user, name: user }] } }
  if (what === 'organizations') return { body: { githubLogin: user } }
  const list = [...stacks].map(([stackName, { deployment }]) => ({
    ...{ orgName: user, projectName: 'bakehouse', stackName, lastUpdate: Math.floor(Date.now() / 1000) },
    resourceCount: (deployment.resources ?? []).length,
  }))
  return { body: { stacks: list } }
}

function createStack(project: string | undefined, body: Record<string, unknown>, stacks: Map<string, CloudStack>): Answer {
  const { stackName, tags = {}, state } = body as { stackName: string; tags?: CloudStack['tags']; state?: Pick<CloudStack, 'deployment'> }
  if (stacks.has(stackName)) return refuse(409, `Conflict: Stack '${user}/${project}/${stackName}' already exists`)
  stacks.set(stackName, { tags, version: 0, deployment: state?.deployment ?? empty, activeUpdate: '' })
  return { body: {} }
}

/** The answers to calls about one stack, and to those about its updates. */
function answerStack({ method, rest, body }: Call, stack: CloudStack): Answer | undefined {
  const [what = '', update, part = method] = rest
  const key = update === undefined ? what : part
  const answers: Readonly<Record<string, () => Answer>> = {
    export: () => ({ body: { version: 3, deployment: stack.deployment } }),
    import: () => {
      if (stack.activeUpdate !== '') return refuse(409, 'Conflict: Another update is currently in progress.')
      Object.assign(stack, { deployment: body.deployment, version: stack.version + 1 })
      return { body: { updateId: 'imported' } }
    },
    tags: () => {
      stack.tags = body as CloudStack['tags']
      return { code: 204 }
    },
    encrypt: () => ({ body: { ciphertext: seal(String(body.plaintext)) } }),
    decrypt: () => ({ body: { plaintext: unseal(String(body.ciphertext)) } }),
    'batch-encrypt': () => ({ body: { ciphertexts: (body.plaintexts as string[]).map(seal) } }),
    'batch-decrypt': () => ({
      body: { plaintexts: Object.fromEntries((body.ciphertexts as string[]).map((each) => [each, unseal(each)])) },
    }),
    update: () => ({ body: { updateID: `update-${stack.version + 1}` } }),
    destroy: () => ({ body: { updateID: `update-${stack.version + 1}` } }),
    // The events of an update, and its start.
    GET: () => ({ body: { status: 'succeeded', events: [] } }),
    POST: () => startUpdate(stack, update ?? '', body.tags as CloudStack['tags'] | undefined),
    checkpoint: () => {
      stack.deployment = body.deployment as CloudStack['deployment']
      return {}
    },
    batch: () => ({}),
    events: () => ({}),
    'log-decryption': () => ({}),
    'log-batch-decryption': () => ({}),
    renew_lease: () => ({ body: { token: 'lease', tokenExpiration: Math.floor(Date.now() / 1000) + 300 } }),
    complete: () => {
      stack.activeUpdate = ''
      return {}
    },
  }
  return answers[key]?.()
}

function startUpdate(stack: CloudStack, update: string, tags: CloudStack['tags'] | undefined): Answer {
  if (stack.activeUpdate !== '') return refuse(409, 'Conflict: Another update is currently in progress.')
  Object.assign(stack, { activeUpdate: update, version: stack.version + 1, tags: tags ?? stack.tags })
  return { body: { version: stack.version, token: 'lease', tokenExpiration: Math.floor(Date.now() / 1000) + 300 } }
}

/** An encryption that tests can recognise. Both texts are base64. */
function seal(plaintext: string): string {
  return Buffer.from(`sealed ${plaintext}`).toString('base64')
}

function unseal(ciphertext: string): string {
  return Buffer.from(ciphertext, 'base64').toString().replace('sealed ', '')
}
