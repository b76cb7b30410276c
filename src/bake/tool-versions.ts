import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from '../core/exec.ts'
import { projectFolder, sourceFolder } from '../core/paths.ts'

/** Versions of what shapes an image, for the record and for the digest of the inputs. */
export async function readToolVersions(): Promise<Record<string, string>> {
  const { version } = JSON.parse(readFileSync(join(sourceFolder(), '../package.json'), 'utf8')) as { version: string }
  return { bakehouse: version, node: process.versions.node }
}

/** The commit that the project is at, `-dirty` when files differ from it; empty outside a repository. */
export async function readSourceCommit(): Promise<string> {
  try {
    return (await runTool('git', ['describe', '--always', '--abbrev=40', '--dirty', '--exclude=*'], { cwd: projectFolder() })).trim()
  } catch {
    return ''
  }
}
