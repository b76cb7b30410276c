import { type ReadFamily, readFamilies } from '../bakehouse.ts'
import { messageOf } from '../core/errors.ts'
import { print, printJson, renderColumns } from '../core/output.ts'
import { projectCommandLine } from '../core/program.ts'
import { findBaseFamily } from '../model/family.ts'

/** Lists the families of the project. Exit code: 2 if a family has a mistake. */
export async function runFamilies({ json }: { readonly json: boolean }): Promise<number> {
  const found = await readFamilies()
  if (json) printJson(found.map(describe))
  else if (found.length === 0) print(`No families yet; create one: ${projectCommandLine('init', '<family>')}`)
  else print(renderColumns(found.map(renderRow)))
  return found.every(({ family }) => family) ? 0 : 2
}

function describe({ name, family, error }: ReadFamily): object {
  if (!family) return { name, error: messageOf(error) }
  return { name, description: family.description, cloud: family.cloud, base: family.base, folder: family.folder }
}

function renderRow({ name, family, error }: ReadFamily): string[] {
  if (!family) return [name, '', `error: ${messageOf(error).split('\n')[0]}`]
  const parent = findBaseFamily(family.base)
  return [name, family.cloud, parent === undefined ? family.base.kind : `on ${parent}`, family.description]
}
