import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Tools } from '../../src/core/tools.ts'

/**
 * Records each run of the engine of a project. The returned function returns the commands since its last call, for example `stack init`.
 */
export function countEngineRuns(home: string): () => string[] {
  const file = join(home, 'tools.json')
  const tools = JSON.parse(readFileSync(file, 'utf8')) as Tools
  const [script, log] = [join(home, 'counted-engine'), join(home, 'engine-runs')]
  // The engine searches its language plugins on PATH, which contains its folder.
  writeFileSync(script, `#!/bin/sh\necho "$@" >>'${log}'\nPATH='${dirname(tools.pulumi)}':"$PATH" exec '${tools.pulumi}' "$@"\n`)
  chmodSync(script, 0o755)
  writeFileSync(file, JSON.stringify({ ...tools, pulumi: script }))
  return () => {
    const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
    rmSync(log, { force: true })
    return lines.map((line) => /^(stack )?\w+/.exec(line)?.[0] ?? line)
  }
}
