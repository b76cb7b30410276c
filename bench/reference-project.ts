import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../src/core/paths.ts'
import type { BakeOutcome } from '../src/model/outcome.ts'

export interface Project {
  readonly folder: string
  readonly home: string
  readonly env: Record<string, string>
  remove(): void
}

/** A project with the reference family in it, and a home of its own; the caches are the user's. */
export function makeReferenceProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-bench-'))
  const home = join(folder, '.bakehouse')
  cpSync(join(import.meta.dirname, 'reference'), join(folder, 'playbooks/reference'), { recursive: true })
  mkdirSync(home)
  cpSync(join(homeFolder(), 'tools.json'), join(home, 'tools.json'))
  const env = { BAKEHOUSE_PROJECT: folder, BAKEHOUSE_HOME: home }
  return { folder, home, env, remove: () => existsSync(folder) && rmSync(folder, { recursive: true }) }
}

/** One whole bake, as its user starts it. Throws when nothing was promoted. */
export async function bakeReference(env: Record<string, string>, args: readonly string[] = []): Promise<BakeOutcome> {
  const result = await run(process.execPath, [join(sourceFolder(), 'bake.ts'), '--family', 'reference', '--json', ...args], { env })
  const outcome = JSON.parse(result.stdout || '{}') as BakeOutcome
  if (!['promoted', 'unchanged', 'preview'].includes(outcome.status)) throw new Error(`the bake failed:\n${result.stderr}`)
  return outcome
}
