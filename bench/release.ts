import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianReleases } from '../src/model/debian-release.ts'
import { type BenchRequest, interleave, renderConditions, renderTable, timed } from './measure.ts'
import { bakeReference, makeReferenceProject, type Project } from './reference-project.ts'

/** Measures a whole build of the reference family on each Debian release, after one build that makes the base image. */
export async function main({ rounds = 3 }: BenchRequest): Promise<void> {
  const projects = debianReleases.map((release) => ({ release, project: useRelease(makeReferenceProject(), release) }))
  try {
    const contenders = projects.map(({ release, project }) => ({ name: release, run: () => timed(() => bakeReference(project.env)) }))
    for (const { name, run } of contenders) process.stderr.write(`${name}, the first build: ${(await run()).toFixed(2)} s\n`)
    const measured = await interleave(contenders, rounds)
    const [oldest, ...newer] = measured
    const ratios = newer.map(({ name, median }) => `ratio ${name}-over-${oldest?.name}: ${(median / (oldest?.median ?? 1)).toFixed(2)}\n`)
    process.stdout.write(`${renderTable(measured)}\n\n${await renderConditions()}\n\n${ratios.join('')}`)
  } finally {
    for (const { project } of projects) project.remove()
  }
}

function useRelease(project: Project, release: string): Project {
  const file = join(project.folder, 'playbooks/reference/family.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/debian: \w+/, `debian: ${release}`))
  return project
}
