import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defined } from '../core/defined.ts'
import { runTool } from '../core/exec.ts'
import { projectFolder } from '../core/paths.ts'
import { readToolVersion } from '../core/program.ts'
import { readTools } from '../core/tools.ts'
import type { Engine } from '../engine/engine.ts'

/** The versions of the tools of a build, by name, for its record. */
export async function readToolVersions(engine: Engine): Promise<Record<string, string>> {
  const pulumi = await engine.findVersion()
  return { bakehouse: readToolVersion(), node: process.versions.node, ...defined({ pulumi }), ...readPythonVersions(readTools().venv) }
}

/** The versions that influence the image. They are part of the input hash. */
export function shapingVersions(versions: Readonly<Record<string, string>>): Record<string, string> {
  const shaping = ['bakehouse', 'ansible-core', 'mitogen']
  return Object.fromEntries(Object.entries(versions).filter(([name]) => shaping.includes(name)))
}

const pythonPackages = ['ansible-core', 'mitogen', 'pytest-testinfra']

/** The versions of Python packages, from the names of their folders. Starting Python for that would take half a second. */
function readPythonVersions(venv: string): Record<string, string> {
  const lib = join(venv, 'lib')
  const installed = readdirSync(lib).flatMap((python) => readdirSync(join(lib, python, 'site-packages')))
  return Object.fromEntries(
    pythonPackages.flatMap((name) => {
      const prefix = `${name.replaceAll('-', '_')}-`
      const found = installed.find((entry) => entry.startsWith(prefix) && entry.endsWith('.dist-info'))
      return found ? [[name, found.slice(prefix.length, -'.dist-info'.length)]] : []
    }),
  )
}

/** The Git commit of the project, with `-dirty` if files have changed; empty outside a repository. */
export async function readSourceCommit(): Promise<string> {
  try {
    return (await runTool('git', ['describe', '--always', '--abbrev=40', '--dirty', '--exclude=*'], { cwd: projectFolder() })).trim()
  } catch {
    return ''
  }
}
