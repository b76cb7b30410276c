import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseCloudResources } from '../cloud/choose.ts'
import { keepProgram } from '../graph/graph.ts'
import type { BuildRecord } from '../records/record.ts'
import { buildFiles, type StepRequest } from '../steps/request.ts'
import { removeKeys } from './keys.ts'
import type { OpenStack } from './stack.ts'

/** Why the temporaries of a build are nobody's any more; undefined while they are somebody's. */
export function whyEnded(
  { status, family, keptUntil }: Pick<BuildRecord, 'status' | 'family' | 'keptUntil'>,
  about: { running: ReadonlySet<string>; kept: boolean; now?: Date },
): string | undefined {
  if (status === 'running') return about.running.has(family) ? undefined : 'the process of its build is gone'
  if (keptUntil === undefined) return undefined
  if (about.kept) return 'it was kept for a look'
  return Date.parse(keptUntil) < (about.now ?? new Date()).getTime() ? `it was kept until ${keptUntil}` : undefined
}

/** Ends what was kept of a build that was promoted: the same program without the temporaries. */
export async function keepOnlyImage(stack: OpenStack, folder: string): Promise<void> {
  const request = JSON.parse(await readFile(join(folder, buildFiles.request), 'utf8')) as StepRequest
  const { family, version, build, cloud } = request
  const { outputs } = await stack.read()
  const spec = {
    context: { family, version, build, buildFolder: folder, expires: '' },
    resources: await chooseCloudResources(cloud),
    imageName: String(outputs.imageName),
  }
  const signal = AbortSignal.timeout(15 * 60 * 1000)
  await stack.up(keepProgram(spec, String(outputs.candidateId)), { message: `keep only the promoted image of ${stack.name}`, signal })
  await removeKeys(folder)
}
