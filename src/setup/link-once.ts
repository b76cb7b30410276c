import { readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'

/** Makes `link` point at `target`, in one step for whoever looks; a link that does already is left alone. */
export function linkOnce(target: string, link: string): void {
  if (findLink(link) === target) return
  const aside = `${link}.${process.pid}`
  rmSync(aside, { force: true })
  symlinkSync(target, aside)
  renameSync(aside, link)
}

function findLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
