import { findVariable } from '../../core/environment.ts'
import { messageOf } from '../../core/errors.ts'
import type { Host } from '../../model/host.ts'
import type { FinishRequest } from './finish.ts'

/** What `login` needs: an instance that the engine has made. */
export interface LoginRequest {
  readonly host: Host
  readonly deadlineMs: number
}

/** What `tag` needs: an image that is there, and what to write on its snapshots. */
export interface TagRequest {
  readonly imageId: string
  readonly region: string
  readonly tags: Readonly<Record<string, string>>
}

/**
 * The commands of the graph on EC2. What they are asked to do comes in `BAKEHOUSE_REQUEST` as JSON; no secrets in it. Each loads
 * what it needs: a login, of which a bake has two, does without the SDK.
 */
const commands: Readonly<Record<string, (request: unknown) => Promise<void>>> = {
  login: async (request) => {
    const { host, deadlineMs } = request as LoginRequest
    // The first login to a Windows machine is its own story: the steps know it.
    if (host.transport === 'ssh') await (await import('./login.ts')).waitForLogin(host, deadlineMs)
    process.stdout.write(JSON.stringify(host))
  },
  tag: async (request) => {
    const { imageId, tags, region } = request as TagRequest
    return (await import('./finish.ts')).tagSnapshots(imageId, tags, region)
  },
  finish: async (request) => (await import('./finish.ts')).finish(request as FinishRequest),
  release: async (request) => (await import('./finish.ts')).release(request as FinishRequest),
}

const command = commands[process.argv[2] ?? '']
try {
  if (!command) throw new Error(`expected ${Object.keys(commands).join('|')}, got "${process.argv[2] ?? ''}"`)
  await command(JSON.parse(findVariable('BAKEHOUSE_REQUEST') ?? ''))
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}
