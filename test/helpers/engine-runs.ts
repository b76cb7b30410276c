import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Tools } from '../../src/core/tools.ts'

/**
 * Notes each run of the engine of a project from now on. The function returns the runs since its last call, each as its command,
 * such as `stack init`.
 */
export function countEngineRuns(home: string): () => string[] {
  const file = join(home, 'tools.json')
  const tools = JSON.parse(readFileSync(file, 'utf8')) as Tools
  const [script, log] = [join(home, 'counted-engine'), join(home, 'engine-runs')]
  // The engine finds its language plugins by PATH, in its own folder.
  writeFileSync(script, `#!/bin/sh\necho "$@" >>'${log}'\nPATH='${dirname(tools.pulumi)}':"$PATH" exec '${tools.pulumi}' "$@"\n`)
  chmodSync(script, 0o755)
  writeFileSync(file, JSON.stringify({ ...tools, pulumi: script }))
  return () => {
    const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
    rmSync(log, { force: true })
    return lines.map((line) => /^(stack )?\w+/.exec(line)?.[0] ?? line)
  }
}
