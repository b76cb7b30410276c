import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quoteShell } from '../../src/core/quote.ts'
import { findProviderProgram } from './bridge/find-program.ts'

/** The main programs of the two plugins: the bridge to the real AWS provider, and the emulated provider. */
export const pluginMains = {
  real: join(import.meta.dirname, 'bridge/main.ts'),
  emulated: join(import.meta.dirname, 'plugin/main.ts'),
}

/**
 * Writes `pulumi-resource-aws` to the folder: the bridge to the real AWS provider if its program is on this computer, else the emulated
 * provider. Returns the value for `BAKEHOUSE_PLUGINS`.
 */
export function writePluginFolder(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'pulumi-resource-aws')
  const main = findProviderProgram() === undefined ? pluginMains.emulated : pluginMains.real
  writeFileSync(file, `#!/bin/sh\nexec ${quoteShell(process.execPath)} ${quoteShell(main)} "$@"\n`)
  chmodSync(file, 0o755)
  return `aws=${folder}`
}
