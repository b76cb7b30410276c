import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { UsageError } from '../src/core/errors.ts'
import { sourceFolder } from '../src/core/paths.ts'
import { openInstantCloud } from './instant-cloud.ts'
import { median, renderConditions } from './measure.ts'
import { type TreeUse, watchTree } from './processes.ts'

/** How often, how many families, and how many of them at once; the product's own choice without it. */
export interface ManyRequest {
  readonly rounds: number
  readonly families: number
  readonly parallel?: number
}

/** One bake of some families on the emulated cloud. */
export interface ManyBake {
  readonly seconds: number
  readonly use: TreeUse
}

/** As many as the goal speaks of. */
export const usualFamilies = 20
const usage = 'npm run bench -- many [rounds] [--families n] [--parallel n]'

/** Many families at once on the emulated cloud, whose machines do everything at once: what is left is ours. */
export async function main(args: readonly string[]): Promise<void> {
  const asked = parseArguments(args)
  const { families } = asked
  const { one, many } = await bakeMany(asked)
  const [single, all] = [median(one.map(({ seconds }) => seconds)), median(many.map(({ seconds }) => seconds))]
  const largest = largestOf(many)
  process.stdout.write(
    [
      ...['| families | median s | least | most | runs | peak MB |', '| ---: | ---: | ---: | ---: | ---: | ---: |'],
      ...[renderRow(1, one), renderRow(families, many), ''],
      ...['| process | peak MB | at once | CPU s of one | CPU s a family of many |', '| --- | ---: | ---: | ---: | ---: |'],
      ...renderRoles(largestOf(one), largest, families),
      ...['', await renderConditions(), ''],
      `memory a family: ${megabytes(largest.peakBytes / families)} MB`,
      `ratio many-over-one: ${(all / single).toFixed(2)}`,
      '',
    ].join('\n'),
  )
}

/** Bakes one family and many, in turn. The first bake of all warms what the rest shares, and is not counted. */
export async function bakeMany({ rounds, families, parallel }: ManyRequest): Promise<{ one: ManyBake[]; many: ManyBake[] }> {
  await using cloud = await openInstantCloud(families)
  const [first = ''] = cloud.families
  const options = parallel === undefined ? [] : ['--parallel', String(parallel)]
  const [one, many]: [ManyBake[], ManyBake[]] = [[], []]
  await bake([first], options, cloud.env)
  for (let round = 1; round <= rounds; round++) {
    one.push(await bake([first], options, cloud.env))
    process.stderr.write(`1 family, ${round} of ${rounds} … ${one.at(-1)?.seconds.toFixed(2)} s\n`)
    many.push(await bake(cloud.families, options, cloud.env))
    process.stderr.write(`${families} families, ${round} of ${rounds} … ${many.at(-1)?.seconds.toFixed(2)} s\n`)
  }
  return { one, many }
}

/** The use of the bake that took most memory. */
export function largestOf(bakes: readonly ManyBake[]): TreeUse {
  return bakes.map(({ use }) => use).reduce((most, use) => (use.peakBytes > most.peakBytes ? use : most))
}

/** Bytes in MB, whole. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}

async function bake(names: readonly string[], options: readonly string[], env: Readonly<Record<string, string>>): Promise<ManyBake> {
  const started = performance.now()
  const child = spawn(process.execPath, [join(sourceFolder(), 'bake.ts'), '--family', names.join(','), '--json', ...options], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said: string[] = []
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const watch = watchTree(child.pid ?? 0)
  const [code] = (await once(child, 'close')) as [number | null]
  const use = watch.stop()
  if (code !== 0) throw new Error(`the bake ended with exit code ${code}:\n${said.join('')}`)
  return { seconds: (performance.now() - started) / 1000, use }
}

function renderRow(count: number, bakes: readonly ManyBake[]): string {
  const seconds = bakes.map((each) => each.seconds)
  const numbers = [median(seconds), Math.min(...seconds), Math.max(...seconds)].map((value) => value.toFixed(2))
  return `| ${count} | ${numbers.join(' | ')} | ${bakes.length} | ${megabytes(largestOf(bakes).peakBytes)} |`
}

function renderRoles(one: TreeUse, many: TreeUse, families: number): string[] {
  return many.roles.map(({ role, peakBytes, peakCount, cpuSeconds }) => {
    const single = one.roles.find((each) => each.role === role)?.cpuSeconds ?? 0
    return `| ${role} | ${megabytes(peakBytes)} | ${peakCount} | ${single.toFixed(2)} | ${(cpuSeconds / families).toFixed(2)} |`
  })
}

/** Reads `[rounds] [--families n] [--parallel n]`. Throws UsageError. */
export function parseArguments(args: readonly string[]): ManyRequest {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { families: { type: 'string' }, parallel: { type: 'string' } },
  })
  return {
    rounds: parseCount(positionals[0] ?? '3'),
    families: parseCount(values.families ?? String(usualFamilies)),
    ...(values.parallel === undefined ? {} : { parallel: parseCount(values.parallel) }),
  }
}

function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new UsageError(`Expected a whole number from 1 on, got "${text}": ${usage}`)
}
