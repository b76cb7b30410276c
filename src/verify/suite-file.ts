import { existsSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { resolveTreeInside } from '../core/inside.ts'
import type { SuiteContext } from './verifier.ts'

/** The path of a file or folder of a suite; undefined when it is not there. Throws UsageError where it leads out of the family. */
export function findSuiteFile({ context }: Pick<SuiteContext, 'context'>, file: string): string | undefined {
  const path = resolveTreeInside(context.request.family.folder, file)
  return existsSync(path) ? path : undefined
}

/** The same. Throws UsageError when it is not there. */
export function requireSuiteFile(suite: Pick<SuiteContext, 'context'>, file: string): string {
  const path = findSuiteFile(suite, file)
  if (path !== undefined) return path
  throw new UsageError(`the suite's ${file} is not there`, { hint: resolve(suite.context.request.family.folder, file) })
}

/** Where a tool is to write its report, as it is with secrets and all: gone when the run is over, however it ended. */
export function reportFile(path: string): Disposable & { readonly path: string; read(): string | undefined } {
  rmSync(path, { force: true })
  return {
    path,
    read: () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    [Symbol.dispose]: () => rmSync(path, { force: true }),
  }
}
