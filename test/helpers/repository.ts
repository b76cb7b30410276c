import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type RunResult, run, runTool } from '../../src/core/exec.ts'
import { packageFolder } from '../../src/core/paths.ts'

/** A repository of a user in a temporary folder, with the package installed from its tarball. */
export interface Repository extends Disposable {
  readonly folder: string
  write(path: string, text: string): void
  /** Runs a program in the folder `below` of the repository, without variables of Bakehouse. */
  run(command: string, args: readonly string[], options?: { below?: string; env?: Record<string, string> }): Promise<RunResult>
  /** Runs `npx bakehouse` there. */
  bakehouse(args: readonly string[], options?: { below?: string; env?: Record<string, string> }): Promise<RunResult>
}

/** Runs `npm pack`, which compiles the package. Returns the path of the tarball in this folder. */
export async function packPackage(folder: string): Promise<string> {
  const args = ['pack', '--pack-destination', folder, '--json', '--foreground-scripts=false']
  const said = await runTool('npm', args, { cwd: packageFolder(), timeoutMs: 600_000 })
  const [packed] = JSON.parse(said.slice(said.indexOf('[\n'))) as { filename: string }[]
  return join(folder, packed?.filename ?? '')
}

/**
 * Creates a repository with the package of this tarball. Its dependencies are those of the lock file, without development packages: what
 * `npm install` would put there, without a download.
 */
export async function makeRepository(tarball: string): Promise<Repository> {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-repository-'))
  const installed = join(folder, 'node_modules/bakehouse')
  mkdirSync(installed, { recursive: true })
  mkdirSync(join(folder, 'node_modules/.bin'))
  await runTool('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed])
  symlinkSync('../bakehouse/dist/src/bake.js', join(folder, 'node_modules/.bin/bakehouse'))
  await linkPackages(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "devDependencies": { "bakehouse": "*" } }\n')
  const env = { BAKEHOUSE_PROJECT: '', BAKEHOUSE_HOME: '', NO_COLOR: '1', PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
  const inside: Repository['run'] = (command, args, { below = '.', env: more = {} } = {}) =>
    run(command, args, { cwd: join(folder, below), env: { ...env, ...more }, timeoutMs: 1_700_000 })
  return {
    folder,
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    run: inside,
    bakehouse: (args, options) => inside(join(folder, 'node_modules/.bin/bakehouse'), args, options),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Links the packages of the lock file that the package depends on, with their exact versions. */
async function linkPackages(folder: string): Promise<void> {
  const root = packageFolder()
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>
  }
  const top = Object.entries(packages).filter(([path, { dev }]) => !dev && /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path))
  for (const [path] of top) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    symlinkSync(join(root, path), join(folder, path))
  }
}
