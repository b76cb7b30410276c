import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { findVariable } from '../core/environment.ts'
import { findProcess, isRunning, type ProcessIdentity } from '../core/process-identity.ts'
import { endSession } from '../core/session.ts'
import type { StepName } from '../model/step.ts'
import { stepProcessFile } from './entry.ts'

const pollMs = 500

/**
 * Stops a step when a signal asks for it, when the shell that waits for it has ended (the plugin was cancelled), or when the process of
 * the build has ended. The children of the step are ended with it. Disposed of when the step has ended.
 */
export function followOwner(folder: string, step: StepName, stop: AbortController): Disposable {
  const shell = process.ppid
  const owner = parseOwner(findVariable('BAKEHOUSE_OWNER'))
  const file = stepProcessFile(folder, step)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(findProcess(process.pid)))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(`${signal} to the step ${step}`))
  const timer = setInterval(() => {
    if (process.ppid !== shell) stop.abort(`the end of the shell of the step ${step}`)
    else if (owner && !isRunning(owner)) stop.abort('the end of the process of the build')
  }, pollMs).unref()
  stop.signal.addEventListener('abort', () => void endSession(process.pid), { once: true })
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      rmSync(file, { force: true })
    },
  }
}

function parseOwner(text: string | undefined): ProcessIdentity | undefined {
  const [pid, started] = text?.split(' ') ?? []
  return pid === undefined || started === undefined ? undefined : { pid: Number(pid), started }
}
