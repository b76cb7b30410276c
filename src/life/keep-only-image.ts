import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseCloudResources } from '../cloud/clouds.ts'
import type { OpenStack } from '../engine/stack.ts'
import type { StackState } from '../engine/state.ts'
import { keepProgram } from '../graph/build.ts'
import { buildFiles } from '../model/build-folder.ts'
import { type KeptRequest, parseKeptRequest, parseRequest } from '../model/step-request.ts'
import { removeKeys } from './remove-build.ts'

/**
 * Removes the temporary resources that `--keep always` kept: runs the program of the build without them. The build may have run on another
 * computer. `folder`: the build folder, which may not exist.
 */
export async function keepOnlyImage(stack: OpenStack, { attachment, outputs }: StackState, folder: string): Promise<void> {
  const { request, folder: buildFolder } = attachment ? parseKeptRequest(attachment, stack.name) : await readRequest(folder)
  const { family, version, build, cloud } = request
  const spec = {
    context: { family, version, build, buildFolder, expires: '' },
    resources: await chooseCloudResources(cloud),
    imageName: String(outputs.imageName),
  }
  const signal = AbortSignal.timeout(15 * 60 * 1000)
  await stack.up(keepProgram(spec, String(outputs.candidateId)), { message: `keep only the promoted image of ${stack.name}`, signal })
  await removeKeys(folder)
}

async function readRequest(folder: string): Promise<KeptRequest> {
  const file = join(folder, buildFiles.request)
  return { folder, request: parseRequest(await readFile(file, 'utf8'), file) }
}
