import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { projectFile } from '../core/find-project.ts'
import { isPackage, playbooksFolder, projectFolder } from '../core/paths.ts'
import { stateCommandLine } from '../core/program.ts'
import { writeAside } from '../core/write-file.ts'
import { familyNames, requireFamily, requireFamilyName } from './names.ts'
import { type ConsumerKind, newConsumerFiles } from './new-consumer.ts'
import { newFamilyFiles } from './new-family.ts'
import { newProjectFile } from './new-project-file.ts'
import { type Ci, renderWorkflow, workflowFiles } from './new-workflow.ts'

/** Options of a new family. */
export interface NewFamily {
  /** Its parent family. Default: plain Debian. */
  readonly base?: string | undefined
  /** Also write a weekly build for this CI system. */
  readonly ci?: Ci | undefined
  /** Also write a Pulumi program that uses the image. */
  readonly consumer?: ConsumerKind | undefined
}

/** A family that was created. */
export interface MadeFamily {
  readonly folder: string
  /** The files of the family, in its folder. */
  readonly files: readonly string[]
  /** Other files that were written or extended, in the folder of the project. */
  readonly others: readonly string[]
  /** Files that exist already and were not changed. */
  readonly kept: readonly string[]
  /** The file of the weekly build, if one was requested: one of `others` or of `kept`. */
  readonly workflow?: string
}

/** Creates a family, and what it needs around it. Never changes an existing file, except for missing lines of .gitignore. Throws UsageError. */
export async function makeFamily(family: string, { base, ci, consumer }: NewFamily = {}): Promise<MadeFamily> {
  requireFamilyName(family)
  if (base !== undefined) requireFamily(base)
  const folder = join(playbooksFolder(), family)
  requireNew(family, folder)
  const files = newFamilyFiles(family, base)
  for (const [path, text] of Object.entries(files)) await writeAside(join(folder, path), text)
  const isFirst = isPackage && !existsSync(join(projectFolder(), projectFile))
  const wanted = {
    ...(isFirst && { [projectFile]: newProjectFile() }),
    ...(ci && { [workflowFiles[ci]]: renderWorkflow(ci, family) }),
    ...(consumer && newConsumerFiles(consumer, family)),
  }
  const [kept, others] = await writeMissing(wanted)
  if (await ignoreResults()) others.push(ignoreFile)
  return { folder, files: Object.keys(files), others, kept, ...(ci && { workflow: workflowFiles[ci] }) }
}

function requireNew(family: string, folder: string): void {
  if (!existsSync(folder)) return
  throw new UsageError(`Expected the name of a new family, got ${family}: ${relative(projectFolder(), folder)} exists already`, {
    hint: familyNames().includes(family)
      ? `choose another name, or build it: ${stateCommandLine('--family', family)}`
      : 'choose another name',
  })
}

/** Writes files of the project. Returns the paths that existed already, and those that were written. */
async function writeMissing(files: Readonly<Record<string, string>>): Promise<readonly [kept: string[], made: string[]]> {
  const [kept, made]: [string[], string[]] = [[], []]
  for (const [path, text] of Object.entries(files)) {
    const file = join(projectFolder(), path)
    if (existsSync(file)) kept.push(path)
    else {
      await writeAside(file, text)
      made.push(path)
    }
  }
  return [kept, made]
}

const ignoreFile = '.gitignore'

/** Adds to .gitignore what builds and npm write. Returns whether lines were missing. */
async function ignoreResults(): Promise<boolean> {
  const file = join(projectFolder(), ignoreFile)
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const has = (name: string): boolean => before.split('\n').some((line) => line.trim().replace(/^\/|\/$/g, '') === name)
  const missing = ['.bakehouse', 'node_modules'].filter((name) => !has(name)).map((name) => `${name}/`)
  if (missing.length === 0) return false
  const separator = before === '' || before.endsWith('\n') ? '' : '\n'
  await writeAside(file, `${before}${separator}${missing.join('\n')}\n`)
  return true
}
