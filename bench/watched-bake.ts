import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sourceFolder } from '../src/core/paths.ts'
import { type TreeUse, watchTree } from './processes.ts'

/** One run of `bake`, and what its processes took. */
export interface WatchedBake {
  readonly seconds: number
  readonly use: TreeUse
}

/** Bakes as a user does, and watches. `also` names processes that count although they have left the tree, such as machines. */
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
  if (code !== 0) throw new Error(`the bake ended with exit code ${code}:\n${said.join('')}`)
  return { seconds: (performance.now() - started) / 1000, use }
}

/** The use of the bake that took most memory. */
export function largestOf(bakes: readonly WatchedBake[]): TreeUse {
  return bakes.map(({ use }) => use).reduce((most, use) => (use.peakBytes > most.peakBytes ? use : most))
}

/** Bytes in MB, whole. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
