import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeKeyPair } from '../guest/ssh/keys.ts'
import { systemOf } from '../guest/systems.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { KeyPair } from '../model/host.ts'
import type { StepRequest } from '../model/step.ts'
import { renderRequest } from '../model/step-request.ts'

/** Creates the files of the build folder that the steps need: their request, and the keys of the machines. Returns the keys. */
export async function prepareSteps(folder: string, request: StepRequest): Promise<{ base: KeyPair; trial: KeyPair }> {
  for (const sub of [buildFiles.steps, buildFiles.logs, buildFiles.junit]) await mkdir(join(folder, sub), { recursive: true })
  await writeFile(join(folder, buildFiles.request), renderRequest(request))
  const { keyKind } = systemOf(request.family.os)
  const [base, trial] = await Promise.all([makeKeyPair(folder, 'base', keyKind), makeKeyPair(folder, 'trial', keyKind)])
  return { base, trial }
}
