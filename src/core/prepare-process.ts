import { removeUnwanted } from './other-variables.ts'
import { keepFilesPrivate } from './private-files.ts'
import { followProxy } from './proxy.ts'

/** Prepares the environment of this process and its children, and who may read what they write. Every program calls it first. */
export function prepareProcess(): void {
  keepFilesPrivate()
  removeUnwanted()
  followProxy()
}
