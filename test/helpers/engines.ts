import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { signalProcess } from '../../src/core/marked-processes.ts'

/** The engine processes that update a stack of the project with this home folder, without the wrapper. */
function findEngines(home: string, stack: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const words = readProcess(pid, (folder) => readFileSync(`${folder}/cmdline`, 'utf8')).split('\0')
      if (!words[0]?.endsWith('/pulumi') || !words.includes('up') || !words.includes(stack)) return false
      return readProcess(pid, (folder) => readlinkSync(`${folder}/cwd`)).startsWith(home)
    })
    .map(Number)
}

/** Kills the next engine that updates a stack, as soon as there is one. Ends without one when `update` has ended. */
export async function killNextEngine(home: string, stack: string, update: Promise<unknown>): Promise<void> {
  let hasEnded = false
  const end = () => {
    hasEnded = true
  }
  update.then(end, end)
  while (!hasEnded) {
    const engines = findEngines(home, stack)
    for (const pid of engines) signalProcess(pid, 'SIGKILL')
    if (engines.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A file of /proc for a process; empty if the process has ended. */
function readProcess(pid: string, read: (folder: string) => string): string {
  try {
    return read(`/proc/${pid}`)
  } catch {
    return ''
  }
}
