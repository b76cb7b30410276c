import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { findVersion, isAtLeast } from '../core/dotted-version.ts'
import { run, runTool } from '../core/exec.ts'
import { findCommand } from '../core/find-command.ts'
import type { Report } from '../core/lock.ts'
import { homeFolder } from '../core/paths.ts'
import { fileKey, findCached, makeCached } from './cached.ts'
import type { Plan } from './step.ts'

/** The oldest Python that the pinned ansible-core runs on. */
export const minimumPython = '3.11'
const candidates = ['python3', 'python3.13', 'python3.12', 'python3.11']

/** The pinned packages of an environment: `ansible` bakes, `checks` is for the tests of this project. */
export type Requirements = 'ansible' | 'checks'

/** A Python environment of packages pinned by hash; its folder. */
export async function planVenv(name: Requirements): Promise<Plan<string>> {
  const requirements = requirementsFile(name)
  const key = venvKey(name)
  const cached = findCached(key)
  if (cached && (await works(cached))) return { have: cached }
  if (cached) rmSync(cached, { recursive: true, force: true })
  return {
    todo: 'installing Python packages, pinned by hash',
    run: (report) => makeCached(key, report, (folder) => fill(folder, requirements, report)),
  }
}

/** Whether that environment was made before. */
export function hasVenv(name: Requirements): boolean {
  return findCached(venvKey(name)) !== undefined
}

/** A Python that is new enough and can make environments; undefined when there is none. */
export async function findPython(): Promise<string | undefined> {
  for (const name of candidates) {
    const python = findCommand(name)
    if (!python) continue
    const { exitCode, stdout } = await run(python, ['-c', 'import ensurepip, platform, venv; print(platform.python_version())'])
    const version = findVersion(stdout)
    if (exitCode === 0 && version && isAtLeast(version, minimumPython)) return python
  }
  return undefined
}

/** The arguments that let pip install exactly what is pinned, and nothing that it would have to build: a build runs the package's own code; what is worth compiling is compiled after. */
export function pipArguments(requirements: string): string[] {
  return [
    '-m',
    'pip',
    'install',
    '--require-hashes',
    '--only-binary',
    ':all:',
    '--no-compile',
    '--no-input',
    '--disable-pip-version-check',
    '-r',
    requirements,
  ]
}

function requirementsFile(name: Requirements): string {
  return join(import.meta.dirname, 'python', `${name}.txt`)
}

function venvKey(name: Requirements): string {
  return `venv/${fileKey(name, [requirementsFile(name)])}`
}

// The Python an environment was made with may have gone or moved.
async function works(folder: string): Promise<boolean> {
  return run(join(folder, 'bin/python'), ['-c', ''], { timeoutMs: 20_000 }).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  )
}

async function fill(folder: string, requirements: string, report: Report): Promise<void> {
  const python = await findPython()
  if (!python) throw new Error(`No Python >= ${minimumPython} with the venv module was found`)
  const logFile = join(homeFolder(), 'setup.log')
  report('making the environment')
  await runTool(python, ['-m', 'venv', folder], { logFile })
  await runTool(join(folder, 'bin/python'), pipArguments(requirements), {
    logFile,
    onLine: (line) => {
      const name = /^Collecting ([\w.-]+)/.exec(line)?.[1]
      if (name) report(`fetching ${name}`)
      else if (line.startsWith('Installing collected packages')) report('installing the packages')
    },
  })
  report('compiling the packages')
  // It is only quicker: a package with a file that is not for this Python is no reason to fail.
  await run(join(folder, 'bin/python'), compileArguments(folder), { logFile })
}

/**
 * The arguments that compile what starts with every run: half a second each time where Python may not write there. The
 * collections are thousands of files, most of which never run here.
 */
export function compileArguments(folder: string): string[] {
  return ['-m', 'compileall', '-q', '-j', '0', '-x', '/(ansible_collections|ansible_test|tests?)/', join(folder, 'lib')]
}
