import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { sourceFolder } from '../../src/core/paths.ts'
import { writeRecord } from '../../src/records/store.ts'
import { familyFiles, makeProject } from '../family/project.ts'
import { failedRecord, sampleRecord } from '../records/sample.ts'

const entry = join(sourceFolder(), 'bake.ts')

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line as its users do. `closeEarly` closes its standard output immediately. */
export function bakehouse(args: readonly string[], env: NodeJS.ProcessEnv = {}, closeEarly = false): Promise<Ended> {
  const child = spawn(process.execPath, [entry, ...args], { env: { ...process.env, CI: undefined, ...env }, timeout: 110_000 })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (chunk: Buffer) => (texts[name] += chunk.toString()))
  if (closeEarly) child.stdout.destroy()
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...texts })))
}

/** A project with the family linux-web, which has a promoted and a failed build. */
export async function projectWithBuilds(): Promise<ReturnType<typeof makeProject>> {
  const project = makeProject(familyFiles('linux-web', 'base: { debian: bookworm }\n'))
  const builds = join(project.folder, '.bakehouse/builds/linux-web')
  await writeRecord(join(builds, '2026.11.22'), sampleRecord({ version: '2026.11.22', startedAt: '2026-11-22T10:00:00.000Z' }))
  await writeRecord(join(builds, '2026.11.23'), failedRecord())
  return project
}
