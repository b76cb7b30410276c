import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEngine } from '../../src/bakehouse.ts'
import { homeFolder } from '../../src/core/paths.ts'
import { makeSshKey } from '../../src/core/ssh-key.ts'
import { requireOutput } from '../../src/model/outputs.ts'
import { type VmOutputs, type VmSpec, vmProgram } from './program.ts'

/** Request of the command line. */
export interface VmRequest {
  readonly family: string
  /** MiB. */
  readonly memory: number
  readonly user: string
  /** SSH private key; the `.pub` file must be in the same folder. Default: a new key for this machine. */
  readonly identityFile?: string
  readonly backend?: string
}

/** Creates the machine, or replaces it if the family has a newer image. Throws UsageError if the family has no image. */
export async function upVm(request: VmRequest, signal: AbortSignal): Promise<VmOutputs> {
  const engine = await openEngine(request.backend)
  requireOutput((await engine.findState(request.family))?.outputs ?? {}, 'imageId')
  const spec = await specOf(request)
  const stack = await engine.openStack(stackName(request.family))
  await stack.up(vmProgram(spec), { message: `run the latest good image of ${request.family}`, signal })
  return (await stack.read()).outputs as unknown as VmOutputs
}

/** Deletes the machine and its stack; false if there is none. */
export async function destroyVm(request: Pick<VmRequest, 'family' | 'backend'>, signal: AbortSignal): Promise<boolean> {
  const engine = await openEngine(request.backend)
  const stack = await engine.findStack(stackName(request.family))
  if (!stack) return false
  await stack.destroy({ message: `remove the machine of ${request.family}`, signal })
  await stack.remove()
  return true
}

/** The stack is in the project of the family stack, with a name that no build can have. */
function stackName(family: string): string {
  return `vm-${family}`
}

async function specOf({ family, memory, user, identityFile: own }: VmRequest): Promise<VmSpec> {
  const folder = join(homeFolder(), 'vm', family)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const identityFile = own ?? join(folder, 'key')
  if (!own && !existsSync(identityFile)) {
    await makeSshKey(identityFile, { comment: `vm-${family}` })
  }
  const publicKey = readFileSync(`${identityFile}.pub`, 'utf8').trim()
  return { family, memory, user, publicKey, identityFile, knownHostsFile: join(folder, 'known_hosts') }
}
