import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseCloudResources } from '../cloud/clouds.ts'
import type { OpenStack } from '../engine/stack.ts'
import { keepProgram } from '../graph/build.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { StepRequest } from '../model/step.ts'
import { removeKeys } from './remove-build.ts'

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
