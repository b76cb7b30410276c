import { existsSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { resolveTreeInside } from '../core/inside.ts'
import type { SuiteContext } from './verifier.ts'

/** The path of a file or folder of a suite; undefined if it does not exist. Throws UsageError if it is outside the folder of the family. */
export function findSuiteFile({ context }: Pick<SuiteContext, 'context'>, file: string): string | undefined {
  const path = resolveTreeInside(context.request.family.folder, file)
  return existsSync(path) ? path : undefined
}

/** The same. Throws UsageError if it does not exist. */
export function requireSuiteFile(suite: Pick<SuiteContext, 'context'>, file: string): string {
  const path = findSuiteFile(suite, file)
  if (path !== undefined) return path
  throw new UsageError(`file ${file} of the suite does not exist`, { hint: `create ${resolve(suite.context.request.family.folder, file)}` })
}

/** A temporary folder for a report that may contain secrets. It is deleted after the run, also if the run fails. */
export function reportFile(path: string): Disposable & { readonly path: string; read(): string | undefined } {
  rmSync(path, { force: true })
  return {
    path,
    read: () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    [Symbol.dispose]: () => rmSync(path, { force: true }),
  }
}
