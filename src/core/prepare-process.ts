import { removeUnwanted } from './other-variables.ts'
import { followProxy } from './proxy.ts'

/** Prepares the environment of this process and its children. Every program calls it first. */
export function prepareProcess(): void {
  removeUnwanted()
  followProxy()
}
