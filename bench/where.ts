import { type BenchRequest, median, renderConditions, timed } from './measure.ts'
import { bakeReference, makeReferenceProject } from './reference-project.ts'

/** Measures the median time of each phase of a build, and the overhead of Bakehouse: the time that no guest works. */
export async function main({ rounds = 3 }: BenchRequest): Promise<void> {
  const project = makeReferenceProject()
  const walls: number[] = []
  const phases = new Map<string, number[]>()
  try {
    await bakeReference(project.env)
    for (let round = 0; round < rounds; round++) {
      let outcome: Awaited<ReturnType<typeof bakeReference>> | undefined
      walls.push(
        await timed(async () => {
          outcome = await bakeReference(project.env)
        }),
      )
      for (const { phase, durationMs } of outcome?.phases ?? []) phases.set(phase, [...(phases.get(phase) ?? []), durationMs / 1000])
    }
  } finally {
    project.remove()
  }
  const guest = new Set(['base', 'configure', 'seal', 'trial', 'verify'])
  const rows = [...phases].map(([phase, seconds]) => ({ phase, seconds: median(seconds), guest: guest.has(phase) }))
  const inGuest = rows.filter((row) => row.guest).reduce((sum, row) => sum + row.seconds, 0)
  const wall = median(walls)
  const lines = rows.map(
    ({ phase, seconds, guest: isGuest }) => `| ${phase} | ${seconds.toFixed(2)} | ${isGuest ? 'guest' : 'Bakehouse'} |`,
  )
  process.stdout.write(
    [
      ...['| phase | median s | who works |', '| --- | ---: | --- |', ...lines, `| **whole build** | **${wall.toFixed(2)}** | |`, ''],
      ...[
        await renderConditions(),
        '',
        `ratio own-overhead-of-wall: ${((wall - inGuest) / wall).toFixed(3)}`,
        `own overhead: ${(wall - inGuest).toFixed(2)} s`,
        '',
      ],
    ].join('\n'),
  )
}
