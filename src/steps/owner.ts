import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { watchOwner } from '../core/build-owner.ts'
import { endChildren } from '../core/marked-processes.ts'
import { findProcess } from '../core/process-identity.ts'
import type { StepName } from '../model/step.ts'
import { markChildren, stepProcessFile } from './entry.ts'

/**
 * Stops a step when a signal asks for it, when the shell that waits for it has ended (the plugin was cancelled), or when the process of
 * the build has ended. The children of the step are ended with it. Disposed of when the step has ended.
 */
export function followOwner(folder: string, step: StepName, stop: AbortController): Disposable {
  const watch = watchOwner((which) =>
    stop.abort(which === 'owner' ? 'the end of the process of the build' : `the end of the shell of the step ${step}`),
  )
  const file = stepProcessFile(folder, step)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(findProcess(process.pid)))
  markChildren(folder, step)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(`${signal} to the step ${step}`))
  stop.signal.addEventListener('abort', () => void endChildren(), { once: true })
  return {
    [Symbol.dispose]() {
      watch[Symbol.dispose]()
      rmSync(file, { force: true })
    },
  }
}
