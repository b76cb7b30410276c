import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Family } from '../model/family.ts'
import { type FamilyFile, fileOf } from '../model/family-file.ts'
import type { BaseImage } from '../model/image.ts'
import { listFiles } from './list-files.ts'
import { findSharedFiles } from './shared-files.ts'

/**
 * The input hash, `sha256:…`: a digest of the files of the family and of the shared files that it uses, with their modes, of its
 * settings (secrets by name only), of the base image, and of `extra` (cloud and tool versions). If it is equal, a new build would make the same image.
 */
export async function computeInputsDigest(family: Family, base: BaseImage, extra: Readonly<Record<string, string>>): Promise<string> {
  const hash = createHash('sha256')
  const add = (...parts: string[]): void => {
    for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`)
  }
  add('bakehouse inputs 1', renderStable({ ...withoutLaterDefaults(fileOf(family)), name: family.name }), base.digest, renderStable(extra))
  const addFile = (name: string, path: string): void => {
    const { mode, content } = readEntry(path)
    add(name, mode)
    hash.update(`${content.length}:`).update(content)
  }
  for (const path of listFiles(family.folder)) addFile(path, join(family.folder, path))
  for (const path of findSharedFiles(family.folder)) addFile(`shared ${path}`, join(family.folder, '../..', path))
  return `sha256:${hash.digest('hex')}`
}

/** Leaves out keys that version 0.1.0 did not have, if they have their defaults. So an unchanged family keeps its hash after an update. */
function withoutLaterDefaults({ base, configure, verify, ...file }: FamilyFile): object {
  return {
    ...file,
    base: without(base, { variant: 'standard' }),
    configure: without(configure, { network: true, refreshPackages: false }),
    verify: without(verify, { network: false }),
  }
}

/** A copy of an object without the keys that have these values. */
function without(object: object, defaults: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(object).filter(([key, value]) => !(key in defaults && defaults[key] === value)))
}

function readEntry(path: string): { mode: string; content: Buffer } {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return { mode: 'link to nowhere', content: Buffer.from(readlinkSync(path)) }
  return { mode: found.mode & 0o100 ? 'executable' : 'file', content: readFileSync(path) }
}

/** JSON that does not depend on the order of the keys. */
function renderStable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  )
}
