import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type RunResult, run } from '../../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../../src/core/paths.ts'
import type { BakeOutcome } from '../../src/model/outcome.ts'

/** A project of its own in a temporary folder: families, home, state. The caches are the user's, shared. */
export interface Project extends AsyncDisposable {
  readonly folder: string
  readonly home: string
  readonly env: Record<string, string>
  /** Writes files under `playbooks/`. */
  write(playbooks: Files): void
  /** The command line, as a user runs it. */
  bakehouse(args: readonly string[], env?: Record<string, string>): Promise<RunResult>
  /** `bake --json` of one family: its one JSON object, with what the process said and its exit code. */
  bake(family: string, args?: readonly string[], env?: Record<string, string>): Promise<RunResult & { outcome: BakeOutcome }>
  /** Outputs of a stack, as the engine prints them; undefined when there is no such stack. */
  outputs(stack: string): Promise<string | undefined>
}

/** Files of a project, by path: the text of each. */
export type Files = Record<string, string>

const entry = join(sourceFolder(), 'bake.ts')

/** Makes a project with these files under `playbooks/`. Leaves nothing behind when disposed. */
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
  const env = { BAKEHOUSE_PROJECT: folder, BAKEHOUSE_HOME: home, NO_COLOR: '1' }
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
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Every file below a folder whose bytes hold this text, by path. */
export function findText(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => readFileSync(path).includes(text))
}
