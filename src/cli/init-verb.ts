import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { playbooksFolder, projectFolder } from '../core/paths.ts'
import { commandName } from '../core/program.ts'
import { writeAside } from '../core/write-file.ts'
import { familyNamePattern, requireFamily } from '../family/names.ts'
import { newFamilyFiles } from '../family/new-family.ts'
import { print, printJson } from './output.ts'

interface InitArguments {
  readonly family: string
  readonly base?: string
  readonly json: boolean
}

/** Makes the folder of a new family. UsageError when there is one already, or its name cannot be one. */
export async function runInit({ family, base, json }: InitArguments): Promise<number> {
  if (!familyNamePattern.test(family)) {
    throw new UsageError(`Expected the name of a family: lower-case letters, digits and dashes, starting with a letter, got "${family}"`)
  }
  if (base !== undefined) requireFamily(base)
  const folder = join(playbooksFolder(), family)
  if (existsSync(folder))
    throw new UsageError(`Expected the name of a new family, got ${family}: ${relative(projectFolder(), folder)} is there already`)
  const files = newFamilyFiles(family, base)
  for (const [path, text] of Object.entries(files)) await writeAside(join(folder, path), text)
  const next = `${commandName} --family ${family}`
  if (json) printJson({ family, folder, files: Object.keys(files), next })
  else print([`${family} is in ${folder}:`, ...Object.keys(files).map((path) => `  ${path}`), '', 'Bake it:', `  ${next}`].join('\n'))
  return 0
}
