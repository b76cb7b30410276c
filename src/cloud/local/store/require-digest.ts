import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../../../core/errors.ts'
import { isTrusted } from '../../../core/owner.ts'
import { homeFolder } from '../../../core/paths.ts'
import { findJson, writeJson } from '../../../core/write-file.ts'
import { digestFile } from './images.ts'

/** Properties of a disk file when its digest was last checked. Every write changes one of them; users cannot set back the change time. */
interface Seen {
  readonly digest: string
  readonly inode: number
  readonly size: number
  readonly modified: number
  readonly changed: number
}

/**
 * Throws UsageError unless a disk belongs to this user or root and has the digest (`sha256:…`, or its first digits). Reading a disk takes
 * about a second per GB, so it is read only if it has changed since the last check of this project.
 */
export async function requireDigest(path: string, digest: string): Promise<void> {
  if (!isTrusted(path)) throw refusal(path, 'it belongs to another user, or others may write to it')
  const now = look(path, digest)
  const known = readKnown()[path]
  if (known?.digest.startsWith(digest) && JSON.stringify({ ...known, digest }) === JSON.stringify(now)) return
  const found = await digestFile(path)
  if (!found.startsWith(digest)) throw refusal(path, `it has the digest ${found}, expected ${digest}`)
  const after = look(path, found)
  if (after.changed !== now.changed) throw refusal(path, 'it changed while it was read')
  mkdirSync(homeFolder(), { recursive: true })
  writeJson(knownFile(), { ...readKnown(), [path]: after })
}

function look(path: string, digest: string): Seen {
  const { ino, size, mtimeMs, ctimeMs } = statSync(path)
  return { digest, inode: ino, size, modified: mtimeMs, changed: ctimeMs }
}

function readKnown(): Readonly<Record<string, Seen>> {
  return findJson<Record<string, Seen>>(knownFile()) ?? {}
}

function knownFile(): string {
  return join(homeFolder(), 'known-disks.json')
}

function refusal(path: string, why: string): UsageError {
  return new UsageError(`The disk ${path} cannot be used as a base: ${why}`, {
    hint: 'delete the file, which the next build makes again, and make sure that other users cannot write to its folder',
  })
}
