import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

/** What our callback plugin tells of a task. Not redacted yet. */
export type TaskEvent =
  | { readonly event: 'start'; readonly task: string }
  | {
      readonly event: 'end'
      readonly task: string
      /** The module, with its collection. */
      readonly action: string
      readonly status: 'ok' | 'changed' | 'failed' | 'skipped' | 'unreachable'
      readonly ms: number
      readonly message: string
      /** It failed, and the play went on: ignored or rescued. */
      readonly forgiven: boolean
    }

export type TaskEnd = Extract<TaskEvent, { event: 'end' }>

/** Events of the plugin's JSON lines; throws on a malformed line. */
export function parseTaskEvents(text: string): TaskEvent[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TaskEvent)
}

/** How often a file of events is looked at, in ms. */
const interval = 100

/** Tells of each event of an existing file as it is written, until it is stopped, which is safe to repeat. */
export function followTasks(file: string, tell: (event: TaskEvent) => void): { stop: () => void } {
  const fd = openSync(file, 'r')
  const decoder = new StringDecoder('utf8')
  const buffer = Buffer.alloc(65_536)
  let rest = ''
  const readNew = (): void => {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) rest += decoder.write(buffer.subarray(0, count))
    const end = rest.lastIndexOf('\n') + 1
    for (const event of parseTaskEvents(rest.slice(0, end))) tell(event)
    rest = rest.slice(end)
  }
  const timer = setInterval(readNew, interval)
  let stopped = false
  return {
    stop() {
      if (stopped) return
      stopped = true
      clearInterval(timer)
      readNew()
      closeSync(fd)
    },
  }
}

/** Why a playbook failed: the task that stopped it; undefined when no task did. */
export function findCause(ends: readonly TaskEnd[]): string | undefined {
  const fatal = ends.find(({ status, forgiven }) => (status === 'failed' && !forgiven) || status === 'unreachable')
  if (!fatal) return undefined
  if (fatal.status === 'unreachable') return `the machine could not be reached in task '${fatal.task}': ${fatal.message}`
  return `task '${fatal.task}' failed: ${fatal.message}`
}
