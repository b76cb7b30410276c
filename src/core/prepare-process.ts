import { removeUnwanted } from './other-variables.ts'
import { keepFilesPrivate } from './private-files.ts'
import { followProxy } from './proxy.ts'

/** Prepares environment, proxy and file permissions of this process and its children. Every program calls it first. */
export function prepareProcess(): void {
  keepFilesPrivate()
  removeUnwanted()
  followProxy()
}
