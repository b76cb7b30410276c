import type { RunResult } from '../../src/core/exec.ts'
import type { Reaped } from '../../src/model/leftover.ts'

/** What `reap --json` deleted or left of builds. */
export function reapedIn({ stdout, stderr }: RunResult): Reaped[] {
  try {
    return ofBuilds(JSON.parse(stdout) as Reaped[])
  } catch (cause) {
    throw new Error(`reap printed no JSON: ${stdout}${stderr}`, { cause })
  }
}

/** Without processes and their secrets: reap ends those of the whole computer, and other tests that run at the same time kill builds too. */
export function ofBuilds(reaped: readonly Reaped[]): Reaped[] {
  return reaped.filter(({ kind }) => kind !== 'secrets' && kind !== 'process')
}
