import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildFiles } from '../model/build-folder.ts'
import type { Host } from '../model/host.ts'

/** Writes a file about one machine into the build folder, readable by this user only. Returns its path. */
export function writeHostFile(
  buildFolder: string,
  host: Host,
  { name, text }: { readonly name: `${string}.${string}`; readonly text: string },
): string {
  const [stem, ending] = name.split('.')
  const file = join(buildFolder, buildFiles.steps, `${stem}-${host.instanceId.replace(/[^\w.-]/g, '_')}.${ending}`)
  writeFileSync(file, text, { mode: 0o600 })
  chmodSync(file, 0o600)
  return file
}
