import { findVariable, setVariable } from './environment.ts'
import { findProcess, isRunning, type ProcessIdentity } from './process-identity.ts'

const pollMs = 500

/** Makes this process the owner of the processes that it starts after this. */
export function ownProcesses(): void {
  const self = findProcess(process.pid)
  if (self) setVariable('BAKEHOUSE_OWNER', `${self.pid} ${self.started}`)
}

/** Calls `end` when the owner of this process has ended (`owner`), or the process that started this one (`parent`). */
export function watchOwner(end: (which: 'owner' | 'parent') => void): Disposable {
  const parent = process.ppid
  const owner = parseOwner(findVariable('BAKEHOUSE_OWNER'))
  const timer = setInterval(() => {
    if (process.ppid !== parent) end('parent')
    else if (owner && !isRunning(owner)) end('owner')
  }, pollMs).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Parses the value of `BAKEHOUSE_OWNER`; undefined if it names no process. */
export function parseOwner(text: string | undefined): ProcessIdentity | undefined {
  const [, pid, started] = /^(\d+) (\d+)$/.exec(text ?? '') ?? []
  return pid === undefined || started === undefined ? undefined : { pid: Number(pid), started }
}
