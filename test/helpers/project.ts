import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type RunResult, run } from '../../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../../src/core/paths.ts'
import type { BakeOutcome } from '../../src/model/outcome.ts'
import { officialPlugin, useOfficialPlugin } from './command-plugin.ts'

/** A project in a temporary folder: families, home folder, state. It uses the cache of the user. */
export interface Project extends AsyncDisposable {
  readonly folder: string
  readonly home: string
  readonly env: Record<string, string>
  /** Writes files under `playbooks/`. */
  write(playbooks: Files): void
  /** Runs the command line. */
  bakehouse(args: readonly string[], env?: Record<string, string>): Promise<RunResult>
  /** Runs `bake --json` for a family. Returns the outcome, stderr and the exit code. */
  bake(family: string, args?: readonly string[], env?: Record<string, string>): Promise<RunResult & { outcome: BakeOutcome }>
  /** The outputs of a stack, as the engine prints them; undefined if there is no such stack. */
  outputs(stack: string): Promise<string | undefined>
}

/** The texts of files, by path. */
export type Files = Record<string, string>

const entry = join(sourceFolder(), 'bake.ts')

/** Creates a project with these files below `playbooks/`. Disposing removes everything. */
export function makeProject(playbooks: Files): Project {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-test-'))
  const home = join(folder, '.bakehouse')
  mkdirSync(home)
  cpSync(join(homeFolder(), 'tools.json'), join(home, 'tools.json'))
  cpSync(join(sourceFolder(), '../Pulumi.yaml'), join(folder, 'Pulumi.yaml'))
  const write = (files: Files): void => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'playbooks', path)), { recursive: true })
      writeFileSync(join(folder, 'playbooks', path), text)
    }
  }
  write(playbooks)
  const plugin = officialPlugin ? useOfficialPlugin(home, officialPlugin) : {}
  const env = { BAKEHOUSE_PROJECT: folder, BAKEHOUSE_HOME: home, NO_COLOR: '1', ...plugin }
  const bakehouse: Project['bakehouse'] = (args, more = {}) =>
    run(process.execPath, [entry, ...args], { cwd: folder, env: { ...env, ...more }, timeoutMs: 1_700_000 })
  return {
    folder,
    home,
    env,
    write,
    bakehouse,
    async bake(family, args = [], more = {}) {
      const result = await bakehouse(['bake', '--family', family, '--json', ...args], more)
      try {
        return { ...result, outcome: JSON.parse(result.stdout) as BakeOutcome }
      } catch (cause) {
        throw new Error(`bake printed no JSON, exit ${result.exitCode}:\n${result.stdout}\n${result.stderr}`, { cause })
      }
    },
    async outputs(stack) {
      const result = await run(process.execPath, [join(sourceFolder(), 'setup/pulumi.ts'), 'stack', 'output', '--json', '-s', stack], {
        cwd: folder,
        env,
      })
      return result.exitCode === 0 ? result.stdout : undefined
    },
    async [Symbol.asyncDispose]() {
      await bakehouse(['reap'], {})
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

/** The paths of all files below a folder that contain this text. */
export function findText(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => readFileSync(path).includes(text))
}
