import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sourceFolder } from '../src/core/paths.ts'
import { type TreeUse, watchTree } from './processes.ts'

/** A run of `bake`, with the resources that its processes used. */
export interface WatchedBake {
  readonly seconds: number
  readonly use: TreeUse
}

/** Runs `bake` on the command line and samples its processes. `also` selects processes that left the tree but count, such as machines. */
export async function watchBake(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  also?: (commandLine: string) => boolean,
): Promise<WatchedBake> {
  const started = performance.now()
  const child = spawn(process.execPath, [join(sourceFolder(), 'bake.ts'), '--json', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said: string[] = []
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const watch = watchTree(child.pid ?? 0, also)
  const [code] = (await once(child, 'close')) as [number | null]
  const use = watch.stop()
  if (code !== 0) throw new Error(`the build ended with exit code ${code}:\n${said.join('')}`)
  return { seconds: (performance.now() - started) / 1000, use }
}

/** The resources of the run that used most memory. */
export function largestOf(bakes: readonly WatchedBake[]): TreeUse {
  return bakes.map(({ use }) => use).reduce((most, use) => (use.peakBytes > most.peakBytes ? use : most))
}

/** Bytes as MB, without decimals. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
