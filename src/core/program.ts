import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sourceFolder } from './paths.ts'

/** The version of this program. */
export function readToolVersion(): string {
  const { version } = JSON.parse(readFileSync(join(sourceFolder(), '../package.json'), 'utf8')) as { version: string }
  return version
}

/** How this program is called, in help, hints and commands to repeat. */
export const commandName = 'npm run bake --'
