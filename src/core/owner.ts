import { lstatSync, type Stats } from 'node:fs'

/** Whether a file or folder belongs to this user or root, and others cannot write to it. False for symbolic links. */
export function isTrusted(path: string): boolean {
  try {
    return hasTrustedOwner(lstatSync(path))
  } catch {
    return false
  }
}

/** Like `isTrusted`, for a result of `lstat`. */
function hasTrustedOwner(found: Pick<Stats, 'uid' | 'mode' | 'isSymbolicLink'>): boolean {
  const user = process.getuid?.()
  const [owned, writable] = [user === undefined || found.uid === user || found.uid === 0, (found.mode & 0o002) !== 0]
  return owned && !writable && !found.isSymbolicLink()
}
