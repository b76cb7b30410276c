import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseCloudResources } from '../cloud/clouds.ts'
import type { OpenStack } from '../engine/stack.ts'
import { keepProgram } from '../graph/build.ts'
import { buildFiles } from '../model/build-folder.ts'
import { parseRequest } from '../model/step-request.ts'
import { removeKeys } from './remove-build.ts'

/** Removes the temporary resources that `--keep always` kept: runs the program of the build without them. */
export async function keepOnlyImage(stack: OpenStack, folder: string): Promise<void> {
  const file = join(folder, buildFiles.request)
  const { family, version, build, cloud } = parseRequest(await readFile(file, 'utf8'), file)
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
