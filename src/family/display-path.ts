import { relative } from 'node:path'

/** A path for messages: relative to the current folder if it is below it, else absolute. */
export function displayPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : near
}
