import { text } from 'node:stream/consumers'
import { watchOwner } from '../../core/build-owner.ts'
import { findVariable } from '../../core/environment.ts'
import { BakehouseError, messageOf } from '../../core/errors.ts'
import { endChildren } from '../../core/marked-processes.ts'
import { printJsonLine, say } from '../../core/output.ts'
import { keepFilesPrivate } from '../../core/private-files.ts'
import { tellNote } from '../progress.ts'
import type { FinishRequest } from './finish.ts'
import type { Launched } from './launch.ts'
import type { LoginRequest } from './login.ts'
import type { LaunchRequest } from './run-input.ts'

/** Request of `tag`: an image, and the tags for its snapshots. */
export interface TagRequest {
  readonly imageId: string
  readonly region: string
  readonly tags: Readonly<Record<string, string>>
}

/**
 * The commands of the Pulumi program on EC2. The request is JSON in `BAKEHOUSE_REQUEST`, without secrets; the user data of a machine, which
 * contains one, comes on standard input. Each command imports only what it needs: `login`, which runs twice per build, does not load the SDK.
 */
const commands: Readonly<Record<string, (request: unknown) => Promise<void>>> = {
  launch: async (request) => {
    const { launch } = await import('./launch.ts')
    const given = request as LaunchRequest
    printJsonLine(await launch(given, { userData: await text(process.stdin), tell: (sentence) => tellNote(given, sentence) }))
  },
  terminate: async () => {
    // The engine passes what `launch` printed.
    const { instanceId } = JSON.parse(process.env.PULUMI_COMMAND_STDOUT ?? '') as Launched
    const { findRegion } = await import('./clients.ts')
    return (await import('./delete.ts')).deleteCreated({ kind: 'instance', id: instanceId }, await findRegion())
  },
  login: async (request) => {
    const { host, ...wait } = request as LoginRequest
    // Windows: the first login is part of the step configure.
    if (host.transport === 'ssh') await (await import('./login.ts')).requireLogin(host, wait)
    printJsonLine(host)
  },
  tag: async (request) => {
    const { imageId, tags, region } = request as TagRequest
    return (await import('./finish.ts')).tagSnapshots(imageId, tags, region)
  },
  finish: async (request) => (await import('./finish.ts')).finish(request as FinishRequest),
  release: async (request) => (await import('./finish.ts')).release(request as FinishRequest),
}

const command = commands[process.argv[2] ?? '']
using _owner = watchOwner(() => void endChildren().finally(() => process.exit(1)))
try {
  keepFilesPrivate()
  if (!command) throw new Error(`expected ${Object.keys(commands).join('|')}, got "${process.argv[2] ?? ''}"`)
  await command(JSON.parse(findVariable('BAKEHOUSE_REQUEST') ?? ''))
} catch (error) {
  const { hint } = error as { hint?: string }
  say(hint === undefined ? messageOf(error) : [messageOf(error), `hint: ${hint}`])
  // The build reads the exit code: 3 means that the image is not at fault (`bake/explain.ts`).
  process.exitCode = error instanceof BakehouseError ? error.exitCode : 1
}
