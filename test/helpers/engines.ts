import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

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

/** Kills the next engine that updates a stack, as soon as there is one. */
export async function killNextEngine(home: string, stack: string): Promise<void> {
  for (;;) {
    const engines = findEngines(home, stack)
    for (const pid of engines) process.kill(pid, 'SIGKILL')
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
