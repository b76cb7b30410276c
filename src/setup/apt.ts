import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MissingError } from '../core/errors.ts'
import { failureOf, type RunOptions, run } from '../core/exec.ts'
import type { Report } from '../core/lock.ts'
import { homeFolder } from '../core/paths.ts'

/** How long to wait for another program that uses apt, and the time between two attempts; in ms. */
export interface AptPatience {
  readonly total: number
  readonly pause: number
}

const usual: AptPatience = { total: 300_000, pause: 3_000 }

/** Updates the package lists and installs packages. Waits while another program holds a lock of apt. */
export async function installPackages(apt: string, packages: readonly string[], report: Report, patience = usual): Promise<void> {
  report('reading package lists')
  await runApt([apt, 'update', '-o', 'Acquire::Retries=3'], report, patience)
  report(`installing ${packages.join(' ')}`)
  await runApt([apt, ...aptArguments(packages)], report, patience)
}

/** The arguments that install packages without questions and without recommended packages. */
export function aptArguments(packages: readonly string[]): string[] {
  return ['install', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', ...packages]
}

/** Runs apt. apt itself waits for the lock of dpkg, but not for the lock of the package lists; so apt is started again until it gets it. */
async function runApt([apt, ...args]: readonly [string, ...string[]], report: Report, patience: AptPatience): Promise<void> {
  for (const deadline = Date.now() + patience.total; ; await sleep(patience.pause)) {
    const result = await run(apt, args, runOptions(report))
    if (result.exitCode === 0) return
    const locked = result.stderr.split('\n').find((line) => /Could not get lock|Unable to (acquire|lock)/i.test(line))
    if (locked === undefined) throw new Error(`apt-get ${args[0]}: exit ${result.exitCode}: ${failureOf(result)}`)
    if (Date.now() >= deadline) {
      throw new MissingError(`Another program has used apt for ${Math.round(patience.total / 1000)} s: ${locked}`, {
        hint: 'wait until it has ended, and try again; find it with: ps aux | grep apt',
      })
    }
    report('waiting for another program that uses apt')
  }
}

function runOptions(report: Report): RunOptions {
  return {
    env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    logFile: join(homeFolder(), 'setup.log'),
    onLine: (line) => {
      const name = /^(Unpacking|Setting up) ([^\s:]+)/.exec(line)
      if (name) report(`${name[1]?.toLowerCase()} ${name[2]}`)
    },
  }
}
