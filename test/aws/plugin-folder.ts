import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quoteShell } from '../../src/core/quote.ts'

/** Writes `pulumi-resource-aws`, the emulated provider, to the folder. Returns the value for `BAKEHOUSE_PLUGINS`. */
export function writePluginFolder(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'pulumi-resource-aws')
  const main = join(import.meta.dirname, 'plugin/main.ts')
  writeFileSync(file, `#!/bin/sh\nexec ${quoteShell(process.execPath)} ${quoteShell(main)} "$@"\n`)
  chmodSync(file, 0o755)
  return `aws=${folder}`
}
