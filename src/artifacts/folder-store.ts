import { lstat, mkdir, readFile, realpath } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { writeAside } from '../core/write-file.ts'
import type { ArtifactStore } from './store.ts'

/** Opens the artifacts of one build in a folder. Other users may write there, so links that lead out of the folder are refused. */
export function openFolderStore(root: string, path: string): ArtifactStore {
  return {
    async put(name, content) {
      const file = join(root, path, name)
      await mkdir(dirname(file), { recursive: true })
      await requireInside(root, dirname(file))
      await writeAside(file, content)
    },
    async find(name) {
      const file = join(root, path, name)
      const found = await lstat(file).catch(() => undefined)
      if (!found) return undefined
      await requireInside(root, file)
      return readFile(file)
    },
  }
}

async function requireInside(root: string, path: string): Promise<void> {
  const [folder, real] = await Promise.all([realpath(root), realpath(path)])
  if (real.startsWith(`${folder}${sep}`)) return
  throw new UsageError(`${path} leads out of the folder of artifacts, to ${real}`, { hint: 'delete the link' })
}
