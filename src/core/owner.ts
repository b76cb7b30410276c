import { lstatSync, type Stats } from 'node:fs'

/** Whether a file or folder was made by this user or by root, and others may not write to it. A link is not followed: it may lead anywhere. */
export function isOurs(path: string): boolean {
  try {
    return isOursBy(lstatSync(path))
  } catch {
    return false
  }
}

/** The same, by what `lstat` said. */
export function isOursBy(found: Pick<Stats, 'uid' | 'mode' | 'isSymbolicLink'>): boolean {
  const user = process.getuid?.()
  const [ours, writable] = [user === undefined || found.uid === user || found.uid === 0, (found.mode & 0o002) !== 0]
  return ours && !writable && !found.isSymbolicLink()
}
