import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { findVersion, isCompatible } from '../core/dotted-version.ts'
import { MissingError } from '../core/errors.ts'
import { run } from '../core/exec.ts'
import { findCommand } from '../core/find-command.ts'
import type { Report } from '../core/lock.ts'
import { homeFolder } from '../core/paths.ts'
import { engineVersion } from '../engine/version.ts'
import { fileKey, findCached, makeCached } from './cached.ts'
import { trustVariables } from './certificates.ts'
import { firstThatWorks, isReachable } from './download.ts'
import { findGo, minimumGo, runGoBuild } from './go.ts'
import type { SetupTask } from './task.ts'

/** The host of the official downloads of the engine and its plugins. */
export const engineHost = 'https://get.pulumi.com/'

const modules = join(import.meta.dirname, 'engine')

/**
 * Plans the Pulumi CLI: a compatible one on PATH; else, with Go, built from modules pinned by hash; else the official download, which is
 * protected by TLS only. Throws MissingError if none of these is possible.
 */
export async function planEngine(): Promise<SetupTask<string>> {
  const key = engineKey()
  const cached = findCached(key)
  if (cached) return { have: join(cached, 'bin/pulumi') }
  const installed = await findInstalled()
  if (installed) return { have: installed }
  const go = await findGo(modules)
  const online = !go && (await isReachable(engineHost))
  if (!online && !go) throw missing()
  return {
    todo: go
      ? 'building from pinned sources; about 6 min on 2 cores'
      : `downloading ${engineVersion}; without Go it cannot be built from pinned sources`,
    run: async (report) => join(await makeCached(key, report, (folder) => fill(folder, online, go, report)), 'bin/pulumi'),
  }
}

/** Where the engine at that path comes from: `downloaded`, `built from source`, or `found on PATH`. */
export function readEngineOrigin(engine: string): string {
  const own = findOwn(engine)
  return own ? readFileSync(join(own, 'origin'), 'utf8').trim() : 'found on PATH'
}

/** The version of the engine at that path, if it is in the cache; undefined for one on PATH, which would have to be started. */
export function findEngineVersion(engine: string): string | undefined {
  return findOwn(engine) && engineVersion
}

/** The cache folder of an engine; undefined if the engine is not in the cache. */
function findOwn(engine: string): string | undefined {
  const cached = findCached(engineKey())
  return cached && engine.startsWith(cached) ? cached : undefined
}

function engineKey(): string {
  return `engine/${fileKey(engineVersion, [join(modules, 'go.mod'), join(modules, 'go.sum')])}`
}

async function fill(folder: string, online: boolean, go: string | undefined, report: Report): Promise<void> {
  const ways = waysToInstallEngine({ online, go }).map((way) =>
    way === 'build' && go ? () => build(go, folder, report) : () => download(folder),
  )
  await firstThatWorks(ways)
}

/** How to get the engine. If Go is there, the engine is built; if that fails, it is not downloaded, because the download is not pinned. */
export function waysToInstallEngine({
  online,
  go,
}: {
  readonly online: boolean
  readonly go: string | undefined
}): ('build' | 'download')[] {
  return go ? ['build'] : online ? ['download'] : []
}

async function download(folder: string): Promise<void> {
  const { PulumiCommand } = await import('@pulumi/pulumi/automation/index.js')
  // The installer starts curl, which reads SSL_CERT_FILE.
  Object.assign(process.env, trustVariables())
  // Without `version`, it installs the version of the SDK.
  await PulumiCommand.install({ root: folder })
  writeFileSync(join(folder, 'origin'), 'downloaded\n')
}

async function build(go: string, folder: string, report: Report): Promise<void> {
  const version = ['github.com/pulumi/pulumi/sdk/v3/go/common/version.Version', `v${engineVersion}`] as const
  const program = 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi'
  await runGoBuild(go, { modules, program, version, output: join(folder, 'bin/pulumi') }, report)
  writeFileSync(join(folder, 'origin'), 'built from source\n')
}

/** The path of a compatible CLI on PATH: same major version, new enough, and not the wrapper of Bakehouse. */
async function findInstalled(): Promise<string | undefined> {
  const installed = join(homeFolder(), 'cli')
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.startsWith(installed))
  const command = findCommand('pulumi', path.join(delimiter))
  if (!command) return undefined
  const { stdout } = await run(command, ['version'], { env: { PULUMI_SKIP_UPDATE_CHECK: 'true' }, timeoutMs: 20_000 })
  const version = findVersion(stdout)
  return version && isCompatible(version, engineVersion) ? command : undefined
}

function missing(): MissingError {
  return new MissingError(`The Pulumi engine ${engineVersion}, which keeps the state of every build, can neither be downloaded nor built`, {
    hint: `allow connections to ${engineHost}, or install Go >= ${minimumGo}, or: curl -fsSL ${engineHost} | sh -s -- --version ${engineVersion}`,
  })
}
