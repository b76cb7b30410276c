import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../src/core/paths.ts'
import type { BakeOutcome } from '../src/model/outcome.ts'

/** A temporary project for a benchmark. */
export interface Project {
  readonly folder: string
  readonly home: string
  readonly env: Record<string, string>
  remove(): void
}

/** Creates a project with the family of `reference/` and an empty home folder. It uses the cache of the user. */
export function makeReferenceProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-bench-'))
  const home = join(folder, '.bakehouse')
  cpSync(join(import.meta.dirname, 'reference'), join(folder, 'playbooks/reference'), { recursive: true })
  mkdirSync(home)
  cpSync(join(homeFolder(), 'tools.json'), join(home, 'tools.json'))
  const env = { BAKEHOUSE_PROJECT: folder, BAKEHOUSE_HOME: home }
  return { folder, home, env, remove: () => existsSync(folder) && rmSync(folder, { recursive: true }) }
}

/** Runs `bake` on the command line. Throws if nothing was promoted. */
export async function bakeReference(env: Record<string, string>, args: readonly string[] = []): Promise<BakeOutcome> {
  const result = await run(process.execPath, [join(sourceFolder(), 'bake.ts'), '--family', 'reference', '--json', ...args], { env })
  const outcome = JSON.parse(result.stdout || '{}') as BakeOutcome
  if (!['promoted', 'unchanged', 'preview'].includes(outcome.status)) throw new Error(`the build failed:\n${result.stderr}`)
  return outcome
}
