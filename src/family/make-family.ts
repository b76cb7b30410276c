import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { playbooksFolder, projectFolder } from '../core/paths.ts'
import { commandLine } from '../core/program.ts'
import { writeAside } from '../core/write-file.ts'
import { familyNames, requireFamily, requireFamilyName } from './names.ts'
import { newFamilyFiles } from './new-family.ts'

/** Creates the folder of a new family. Throws UsageError if the folder exists or the name is not valid. */
export async function makeFamily(family: string, base: string | undefined): Promise<{ folder: string; files: readonly string[] }> {
  requireFamilyName(family)
  if (base !== undefined) requireFamily(base)
  const folder = join(playbooksFolder(), family)
  if (existsSync(folder)) {
    throw new UsageError(`Expected the name of a new family, got ${family}: ${relative(projectFolder(), folder)} exists already`, {
      hint: familyNames().includes(family) ? `choose another name, or build it: ${commandLine('--family', family)}` : 'choose another name',
    })
  }
  const files = newFamilyFiles(family, base)
  for (const [path, text] of Object.entries(files)) await writeAside(join(folder, path), text)
  return { folder, files: Object.keys(files) }
}
