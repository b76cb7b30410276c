import { parseArgs } from 'node:util'
import { openInstantCloud } from './instant-cloud.ts'
import { median, parseCount, renderConditions } from './measure.ts'
import type { TreeUse } from './processes.ts'
import { largestOf, megabytes, type WatchedBake, watchBake } from './watched-bake.ts'

/** How often, how many families, and how many of them at once; the product's own choice without it. */
export interface ManyRequest {
  readonly rounds: number
  readonly families: number
  readonly parallel?: number
}

/** As many as the goal speaks of. */
export const usualFamilies = 20

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
export async function bakeMany({ rounds, families, parallel }: ManyRequest): Promise<{ one: WatchedBake[]; many: WatchedBake[] }> {
  await using cloud = await openInstantCloud(families)
  const [first = ''] = cloud.families
  const options = parallel === undefined ? [] : ['--parallel', String(parallel)]
  const [one, many]: [WatchedBake[], WatchedBake[]] = [[], []]
  await watchBake(['--family', first, ...options], cloud.env)
  for (let round = 1; round <= rounds; round++) {
    one.push(await watchBake(['--family', first, ...options], cloud.env))
    process.stderr.write(`1 family, ${round} of ${rounds} … ${one.at(-1)?.seconds.toFixed(2)} s\n`)
    many.push(await watchBake(['--family', cloud.families.join(','), ...options], cloud.env))
    process.stderr.write(`${families} families, ${round} of ${rounds} … ${many.at(-1)?.seconds.toFixed(2)} s\n`)
  }
  return { one, many }
}

function renderRow(count: number, bakes: readonly WatchedBake[]): string {
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
    options: { rounds: { type: 'string' }, families: { type: 'string' }, parallel: { type: 'string' } },
  })
  return {
    rounds: parseCount(values.rounds ?? positionals[0] ?? '3'),
    families: parseCount(values.families ?? String(usualFamilies)),
    ...(values.parallel === undefined ? {} : { parallel: parseCount(values.parallel) }),
  }
}
