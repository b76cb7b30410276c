import { bakeMany, withDefaults } from './many.ts'
import { type BenchRequest, median, renderConditions } from './measure.ts'
import { bakeReference, makeReferenceProject } from './reference-project.ts'
import { largestOf, megabytes, type WatchedBake, watchBake } from './watched-bake.ts'

/** Measures the peak memory of a local build by kind of process, and of many parallel builds on the EC2 emulator. */
export async function main(given: BenchRequest): Promise<void> {
  const asked = withDefaults(given)
  const local = await bakeLocally(asked.rounds)
  const use = largestOf(local)
  const many = largestOf((await bakeMany({ ...asked, rounds: 1 })).many)
  const machine = use.roles.find(({ role }) => role === 'machine')?.peakBytes ?? 0
  const rows = use.roles.map(({ role, peakBytes, peakCount, cpuSeconds }) => {
    return `| ${role} | ${megabytes(peakBytes)} | ${peakCount} | ${cpuSeconds.toFixed(1)} |`
  })
  const peaks = local.map((bake) => bake.use.peakBytes)
  process.stdout.write(
    [
      ...['| process | peak MB | processes | CPU s |', '| --- | ---: | ---: | ---: |', ...rows],
      ...[`| **all together, without the machine** | **${megabytes(median(peaks))}** | | |`, ''],
      ...[await renderConditions(), ''],
      `peak of a local build: ${megabytes(median(peaks))} MB, without its machine`,
      `peak of ${asked.families} families on the EC2 emulator: ${megabytes(many.peakBytes)} MB, ${megabytes(many.peakBytes / asked.families)} MB per family`,
      `ratio own-memory-over-machine: ${(median(peaks) / machine).toFixed(2)}`,
      '',
    ].join('\n'),
  )
}

async function bakeLocally(rounds: number): Promise<WatchedBake[]> {
  const project = makeReferenceProject()
  const bakes: WatchedBake[] = []
  try {
    await bakeReference(project.env)
    for (let round = 1; round <= rounds; round++) {
      const ofThis = (commandLine: string): boolean => commandLine.includes('qemu-system') && commandLine.includes(project.home)
      bakes.push(await watchBake(['--family', 'reference'], project.env, ofThis))
      process.stderr.write(`local bake, ${round} of ${rounds} … ${megabytes(bakes.at(-1)?.use.peakBytes ?? 0)} MB\n`)
    }
  } finally {
    project.remove()
  }
  return bakes
}
