import { join } from 'node:path'
import { findVersion, isAtLeast } from '../core/dotted-version.ts'
import { messageOf } from '../core/errors.ts'
import { runTool } from '../core/exec.ts'
import { findCommand } from '../core/find-command.ts'
import type { Report } from '../core/lock.ts'
import { homeFolder } from '../core/paths.ts'
import { certificateError, findCertificateProblem, trustVariables } from './certificates.ts'

/** The version of Go that the go.mod files of this project require. */
export const minimumGo = '1.25.11'

/** A Go program to build. */
export interface GoBuild {
  /** Folder with the go.mod and go.sum that pin every module. */
  readonly modules: string
  /** Import path of the program. */
  readonly program: string
  /** The import path of a variable that is set at link time, and its value. */
  readonly version: readonly [name: string, value: string]
  readonly output: string
}

/** The path of a Go that is new enough for these modules; undefined if there is none. */
export async function findGo(modules: string): Promise<string | undefined> {
  const go = findCommand('go') ?? findCommand('go', '/usr/local/go/bin')
  if (!go) return undefined
  // In the folder of the modules, a Go with toolchain selection (GOTOOLCHAIN) prints the version that it would use for them.
  const version = findVersion(await runTool(go, ['env', 'GOVERSION'], { cwd: modules, timeoutMs: 120_000 }).catch(() => ''))
  return version && isAtLeast(version, minimumGo) ? go : undefined
}

/** The arguments of a reproducible build that needs no C compiler. */
export function goBuildArguments({ program, version, output }: GoBuild): string[] {
  return ['build', '-v', '-trimpath', '-buildvcs=false', '-ldflags', `-s -w -X ${version.join('=')}`, '-o', output, program]
}

/** Builds a static program from modules that are pinned by hash. `env` can set another GOOS or GOARCH. */
export async function runGoBuild(go: string, build: GoBuild, report: Report, env: Record<string, string> = {}): Promise<void> {
  let downloads = 0
  let packages = 0
  await runTool(go, goBuildArguments(build), {
    cwd: build.modules,
    env: { CGO_ENABLED: '0', GOWORK: 'off', ...trustVariables(), ...env },
    logFile: join(homeFolder(), 'setup.log'),
    onLine: (line) => {
      if (line.startsWith('go: downloading')) report(`downloading Go modules, ${++downloads} so far`)
      else report(`compiling with Go, ${++packages} packages so far`)
    },
  }).catch((error: unknown) => {
    const problem = findCertificateProblem(messageOf(error))
    throw problem ? certificateError('the proxy of Go modules', problem, error) : error
  })
}
