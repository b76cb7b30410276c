import { openInstantCloud } from './instant-cloud.ts'
import { type BenchRequest, median, renderConditions } from './measure.ts'
import type { TreeUse } from './processes.ts'
import { largestOf, megabytes, type WatchedBake, watchBake } from './watched-bake.ts'

/** The number of rounds, of families, and of families to build in parallel. Without `parallel`, Bakehouse chooses it. */
export interface ManyRequest {
  readonly rounds: number
  readonly families: number
  readonly parallel?: number
}

/** The default number of families. The goal of the benchmark is for this number. */
export const usualFamilies = 20

/** Measures many families in parallel on the EC2 emulator. Its machines answer immediately, so the time is the overhead of Bakehouse. */
export async function main(given: BenchRequest): Promise<void> {
  const asked = withDefaults(given)
  const { families } = asked
  const { one, many } = await bakeMany(asked)
  const [single, all] = [median(one.map(({ seconds }) => seconds)), median(many.map(({ seconds }) => seconds))]
  const largest = largestOf(many)
  process.stdout.write(
    [
      ...['| families | median s | least | most | runs | peak MB |', '| ---: | ---: | ---: | ---: | ---: | ---: |'],
      ...[renderRow(1, one), renderRow(families, many), ''],
      ...['| process | peak MB | processes | CPU s of one family | CPU s per family of many |', '| --- | ---: | ---: | ---: | ---: |'],
      ...renderRoles(largestOf(one), largest, families),
      ...['', await renderConditions(), ''],
      `memory per family: ${megabytes(largest.peakBytes / families)} MB`,
      `ratio many-over-one: ${(all / single).toFixed(2)}`,
      '',
    ].join('\n'),
  )
}

/** Builds one family and many families in turn. A first build, which fills the caches, does not count. */
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

/** The request with the default numbers. */
export function withDefaults({ rounds = 3, families = usualFamilies, ...rest }: BenchRequest): ManyRequest {
  return { rounds, families, ...rest }
}
