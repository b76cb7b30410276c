import { removeUnwanted } from './other-variables.ts'
import { followProxy } from './proxy.ts'

/** The first thing that a program does: what it and its children take from the environment is decided here. */
export function prepareProcess(): void {
  removeUnwanted()
  followProxy()
}
