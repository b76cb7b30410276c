import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { findVersion, isAtLeast } from '../core/dotted-version.ts'
import { run, runTool } from '../core/exec.ts'
import { findCommand } from '../core/find-command.ts'
import type { Report } from '../core/lock.ts'
import { homeFolder } from '../core/paths.ts'
import { fileKey, findCached, makeCached } from './cached.ts'
import { certificateError, findCertificateProblem, trustVariables } from './certificates.ts'
import type { SetupTask } from './task.ts'

/** The oldest Python that the pinned ansible-core supports. */
export const minimumPython = '3.11'
const candidates = ['python3', 'python3.13', 'python3.12', 'python3.11']

/** The name of a Python environment: `ansible` is for builds, `checks` for the tests of Bakehouse. */
export type Requirements = 'ansible' | 'checks'

/** Plans the folder of a Python environment. Its packages are pinned by hash. */
export async function planVenv(name: Requirements): Promise<SetupTask<string>> {
  const key = venvKey(name)
  const cached = findCached(key)
  if (cached && (await isUsable(cached))) return { have: cached }
  if (cached) rmSync(cached, { recursive: true, force: true })
  return {
    todo: 'installing Python packages, pinned by hash',
    run: (report) => makeCached(key, report, (folder) => fill(folder, name, report)),
  }
}

/** The path of a Python that is new enough and has the module `venv`; undefined if there is none. */
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

/** The arguments with which pip installs only pinned packages, and only wheels: building a package would run its code. */
export function pipArguments(requirements: string): string[] {
  const options = ['--require-hashes', '--no-compile', '--no-input', '--disable-pip-version-check']
  return ['-m', 'pip', 'install', ...options, '--only-binary', ':all:', '-r', requirements]
}

/**
 * The arguments with which pip installs the Ansible collections. Their package requires a newer Ansible and a newer Python, but the
 * collections in it do not.
 */
export function collectionsArguments(requirements: string): string[] {
  return [...pipArguments(requirements), '--no-deps', '--ignore-requires-python']
}

/** The files of pinned packages, each with the arguments for pip. */
function pinnedFiles(name: Requirements): readonly { readonly file: string; readonly args: string[] }[] {
  const file = join(import.meta.dirname, 'python', `${name}.txt`)
  const collections = join(import.meta.dirname, 'python/collections.txt')
  const whole = { file, args: pipArguments(file) }
  return name === 'ansible' ? [whole, { file: collections, args: collectionsArguments(collections) }] : [whole]
}

function venvKey(name: Requirements): string {
  return `venv/${fileKey(
    name,
    pinnedFiles(name).map(({ file }) => file),
  )}`
}

// The Python with which an environment was made may have been removed or moved.
async function isUsable(folder: string): Promise<boolean> {
  return run(join(folder, 'bin/python'), ['-c', ''], { timeoutMs: 20_000 }).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  )
}

async function fill(folder: string, name: Requirements, report: Report): Promise<void> {
  const python = await findPython()
  if (!python) throw new Error(`No Python >= ${minimumPython} with the venv module was found`)
  const logFile = join(homeFolder(), 'setup.log')
  report('making the environment')
  await runTool(python, ['-m', 'venv', folder], { logFile })
  for (const { args } of pinnedFiles(name)) await installPackages(folder, args, { logFile, report })
  report('compiling the packages')
  // Compiling only saves time later. A file that this Python cannot compile is not an error.
  await run(join(folder, 'bin/python'), compileArguments(folder), { logFile })
}

async function installPackages(
  folder: string,
  args: readonly string[],
  { logFile, report }: { readonly logFile: string; readonly report: Report },
): Promise<void> {
  let problem: string | undefined
  await runTool(join(folder, 'bin/python'), args, {
    logFile,
    env: trustVariables(),
    onLine: (line) => {
      problem ??= findCertificateProblem(line)
      const name = /^Collecting ([\w.-]+)/.exec(line)?.[1]
      if (name) report(`fetching ${name}`)
      else if (line.startsWith('Installing collected packages')) report('installing the packages')
    },
  }).catch((error: unknown) => {
    throw problem ? certificateError('the index of Python packages', problem, error) : error
  })
}

/**
 * The arguments that compile the modules that every run imports. Without that, each run takes half a second more if Python cannot write
 * to the folder. The Ansible collections are not compiled: thousands of files, most of which are never used.
 */
export function compileArguments(folder: string): string[] {
  return ['-m', 'compileall', '-q', '-j', '0', '-x', '/(ansible_collections|ansible_test|tests?)/', join(folder, 'lib')]
}
