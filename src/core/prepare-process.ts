import { resolve } from 'node:path'
import { useBackend } from './backend-url.ts'
import { removeUnwanted } from './other-variables.ts'
import { keepFilesPrivate } from './private-files.ts'
import { followProxy } from './proxy.ts'

/** Prepares environment, proxy and file permissions of this process and its children. Every program calls it first. */
export function prepareProcess(): void {
  keepFilesPrivate()
  removeUnwanted()
  useBackend(process.env.PULUMI_BACKEND_URL)
  resolvePassphraseFile()
  followProxy()
}

/** Makes the path absolute, because the engine runs in another folder. */
function resolvePassphraseFile(): void {
  const file = process.env.PULUMI_CONFIG_PASSPHRASE_FILE
  if (file) process.env.PULUMI_CONFIG_PASSPHRASE_FILE = resolve(file)
}
