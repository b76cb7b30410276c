import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { findVariable, setVariable } from '../core/environment.ts'
import { UsageError } from '../core/errors.ts'
import { findProject } from '../core/find-project.ts'
import { isPackage } from '../core/paths.ts'
import { projectCommandLine } from '../core/program.ts'

const option = '--project'

/**
 * Uses the project of `--project <folder>` for this process and its children. Returns the arguments without that option. Throws
 * UsageError. The option is read before all others, because other settings depend on the project.
 */
export function useProject(argv: readonly string[]): string[] {
  const index = argv.findIndex((word) => word === option || word.startsWith(`${option}=`))
  if (index < 0) return [...argv]
  const [, value] = /=(.*)$/s.exec(argv[index] ?? '') ?? []
  const folder = value ?? argv[index + 1]
  if (!folder) throw new UsageError(`Expected a value after ${option}, got nothing`)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`Expected ${option} to be a folder, got "${folder}"`)
  }
  setVariable('BAKEHOUSE_PROJECT', resolve(folder))
  return useProject(argv.toSpliced(index, value === undefined ? 2 : 1))
}

/** Throws UsageError if no project was given, and there is none in the current folder or above it. */
export function requireProject(): void {
  if (!isPackage || findVariable('BAKEHOUSE_PROJECT') !== undefined || findProject(process.cwd()) !== undefined) return
  throw new UsageError(`Expected a project in ${process.cwd()} or in a folder above it: playbooks/ with a family`, {
    hint: `create a family here: ${projectCommandLine('init', '<family>')}`,
  })
}
