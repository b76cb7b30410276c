import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A folder with the official `command` plugin (v1.2.1), if the tests are to use it too. */
export const officialPlugin = process.env.BAKEHOUSE_TEST_COMMAND_PLUGIN

/** Makes the project with this home folder use the official `command` plugin, as if set-up had got it. Returns the environment for that. */
export function useOfficialPlugin(home: string, folder: string, others?: string): Record<string, string> {
  const file = join(home, 'tools.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), commandPlugin: 'official' }))
  return { BAKEHOUSE_PLUGINS: [`command=${folder}`, others].filter(Boolean).join(',') }
}
