import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../core/errors.ts'

interface Manifest {
  readonly file_manifest_file: { readonly name: string; readonly chksum_sha256: string }
}

interface FileList {
  readonly files: readonly { readonly name: string; readonly ftype: string; readonly chksum_sha256: string | null }[]
}

/**
 * Why an installed collection does not have this digest; undefined if it has. The digest is that of its `MANIFEST.json`, which contains the
 * digest of `FILES.json`, which contains the digest of every other file.
 */
export function findDigestProblem(collection: string, sha256: string): string | undefined {
  try {
    const manifest = readFileSync(join(collection, 'MANIFEST.json'))
    if (digestOf(manifest) !== sha256) return `expected MANIFEST.json with sha256 ${sha256}, got ${digestOf(manifest)}`
    const { name, chksum_sha256 } = (JSON.parse(String(manifest)) as Manifest).file_manifest_file
    const list = readFileSync(join(collection, name))
    if (digestOf(list) !== chksum_sha256) return `${name} does not have the digest in MANIFEST.json`
    const { files } = JSON.parse(String(list)) as FileList
    const changed = files.find(
      (file) => file.ftype === 'file' && digestOf(readFileSync(join(collection, file.name))) !== file.chksum_sha256,
    )
    return changed && `${changed.name} does not have the digest in ${name}`
  } catch (error) {
    return `it cannot be checked: ${messageOf(error)}`
  }
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
