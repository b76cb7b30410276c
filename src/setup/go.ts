import { join } from 'node:path'
import { findVersion, isAtLeast } from '../core/dotted-version.ts'
import { runTool } from '../core/exec.ts'
import { findCommand } from '../core/find-command.ts'
import type { Report } from '../core/lock.ts'
import { homeFolder } from '../core/paths.ts'

/** What the committed go.mod files ask for. */
export const minimumGo = '1.25.11'

export interface GoBuild {
  /** Folder with the go.mod and go.sum that pin every module. */
  readonly modules: string
  /** Import path of the program. */
  readonly program: string
  /** Variable set at link time, by import path, and its value. */
  readonly version: readonly [name: string, value: string]
  readonly output: string
}

/** A Go that can build what is pinned here; undefined when there is none. */
export async function findGo(modules: string): Promise<string | undefined> {
  const go = findCommand('go') ?? findCommand('go', '/usr/local/go/bin')
  if (!go) return undefined
  // Asked in the modules' folder: there a Go with its toolchain switch on names the version that it would use.
  const version = findVersion(await runTool(go, ['env', 'GOVERSION'], { cwd: modules, timeoutMs: 120_000 }).catch(() => ''))
  return version && isAtLeast(version, minimumGo) ? go : undefined
}

/** The arguments of a build that needs no C compiler and gives the same bytes again. */
export function goBuildArguments({ program, version, output }: GoBuild): string[] {
  return ['build', '-v', '-trimpath', '-buildvcs=false', '-ldflags', `-s -w -X ${version.join('=')}`, '-o', output, program]
}

/** Builds a static Linux or native program from modules pinned by hash. */
export async function runGoBuild(go: string, build: GoBuild, report: Report, env: Record<string, string> = {}): Promise<void> {
  let downloads = 0
  let packages = 0
  await runTool(go, goBuildArguments(build), {
    cwd: build.modules,
    env: { CGO_ENABLED: '0', GOWORK: 'off', ...env },
    logFile: join(homeFolder(), 'setup.log'),
    onLine: (line) => {
      if (line.startsWith('go: downloading')) report(`downloading Go modules, ${++downloads} so far`)
      else report(`compiling with Go, ${++packages} packages so far`)
    },
  })
}
