import { isUtf8 } from 'node:buffer'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import pLimit from 'p-limit'
import { messageOf } from '../core/errors.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { ArtifactStore } from './store.ts'

/** What of a build folder is kept. Keys, requests and results of steps are not. */
const kept = [buildFiles.record, buildFiles.report, buildFiles.events, buildFiles.logs, buildFiles.junit, buildFiles.diagnostics] as const

const pictures: readonly string[] = ['.png', '.jpg']

/** Larger files are left out. */
const largest = 64 * 2 ** 20

/** Until then, all files must be written. A build that passed must not wait much longer. */
const patienceMs = 120_000

const parallel = 8

/**
 * Writes the artifacts of a build. The files in the build folder are redacted already, except those of a build whose processes were killed;
 * so they are redacted again. Returns why files are missing; undefined if none is. Never throws.
 */
export async function keepArtifacts(
  folder: string,
  open: () => Promise<ArtifactStore>,
  redact: (text: string) => string,
): Promise<string | undefined> {
  try {
    const [files, store] = await Promise.all([listFiles(folder), open()])
    const [limit, signal] = [pLimit(parallel), AbortSignal.timeout(patienceMs)]
    const problems = await Promise.all(files.map((name) => limit(() => putFile({ folder, name, store, redact, signal }))))
    return problems.find((problem) => problem !== undefined)
  } catch (error) {
    return redact(messageOf(error))
  }
}

interface Upload {
  readonly folder: string
  readonly name: string
  readonly store: ArtifactStore
  readonly redact: (text: string) => string
  readonly signal: AbortSignal
}

async function putFile({ folder, name, store, redact, signal }: Upload): Promise<string | undefined> {
  try {
    signal.throwIfAborted()
    const { size } = await lstat(join(folder, name))
    if (size > largest) return `${name} is larger than ${largest / 2 ** 20} MiB`
    const content = await readFile(join(folder, name))
    await store.put(name, pictures.includes(extname(name)) ? content : redactBytes(content, redact), signal)
    return undefined
  } catch (error) {
    return signal.aborted ? `it took longer than ${patienceMs / 1000} s` : redact(messageOf(error))
  }
}

/** Redacts a text. A text that is not UTF-8, for example of a console, is read as latin1, so that no byte of it changes. */
function redactBytes(content: Buffer, redact: (text: string) => string): Uint8Array {
  const encoding = isUtf8(content) ? 'utf8' : 'latin1'
  return Buffer.from(redact(content.toString(encoding)), encoding)
}

/** The paths of the files to keep, relative to the build folder. Links are left out. */
async function listFiles(folder: string): Promise<string[]> {
  const found = await Promise.all(
    kept.map(async (name) => {
      const stats = await lstat(join(folder, name)).catch(() => undefined)
      if (!stats?.isDirectory()) return stats?.isFile() ? [name] : []
      const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    }),
  )
  return found.flat().sort()
}
