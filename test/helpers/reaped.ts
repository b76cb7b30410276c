import type { RunResult } from '../../src/core/exec.ts'
import type { Reaped } from '../../src/model/leftover.ts'

/** What `reap --json` deleted or left of builds: without the secrets of ended processes, because other tests on this computer kill some too. */
export function reapedIn({ stdout, stderr }: RunResult): Reaped[] {
  try {
    return (JSON.parse(stdout) as Reaped[]).filter(({ kind }) => kind !== 'secrets')
  } catch (cause) {
    throw new Error(`reap printed no JSON: ${stdout}${stderr}`, { cause })
  }
}
