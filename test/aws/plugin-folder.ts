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
 * provider. With `quick`, it uses the real one only if `BAKEHOUSE_TEST_AWS_PROVIDER` names it, because its waits cost minutes. Returns the
 * value for `BAKEHOUSE_PLUGINS`.
 */
export function writePluginFolder(folder: string, { quick = false } = {}): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'pulumi-resource-aws')
  const isReal = quick ? (process.env.BAKEHOUSE_TEST_AWS_PROVIDER ?? 'none') !== 'none' : findProviderProgram() !== undefined
  const main = isReal ? pluginMains.real : pluginMains.emulated
  writeFileSync(file, `#!/bin/sh\nexec ${quoteShell(process.execPath)} ${quoteShell(main)} "$@"\n`)
  chmodSync(file, 0o755)
  return `aws=${folder}`
}
