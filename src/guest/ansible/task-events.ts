import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { messageOf, RejectedError } from '../../core/errors.ts'
import { type FailedResult, reasonOfTask } from './task-reason.ts'

/** An event of a task. Not redacted yet. */
export type TaskEvent =
  | { readonly event: 'start'; readonly task: string }
  | {
      readonly event: 'end'
      readonly task: string
      /** The module, with its collection. */
      readonly action: string
      readonly status: 'ok' | 'changed' | 'failed' | 'skipped' | 'unreachable'
      readonly ms: number
      /** Why it failed, in one line. Empty if it did not fail. */
      readonly message: string
      /** The task failed or its machine was unreachable, but the play continued: the failure was ignored or rescued. */
      readonly forgiven: boolean
    }

/** The event of a finished task. */
export type TaskEnd = Extract<TaskEvent, { event: 'end' }>

/** The end of a task, as the callback plugin writes it. */
type WrittenEnd = Omit<TaskEnd, 'message'> & { readonly reason: FailedResult | null }

/** Parses the JSON lines of the callback plugin. Throws RejectedError for a malformed line: a playbook can write to the file too. */
export function parseTaskEvents(text: string): TaskEvent[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseTaskEvent)
}

function parseTaskEvent(line: string): TaskEvent {
  try {
    const event = JSON.parse(line) as TaskEvent | WrittenEnd
    if (event.event === 'start') return event
    const { reason, ...end } = event as WrittenEnd
    return { ...end, message: reason ? reasonOfTask(reason) : '' }
  } catch (cause) {
    throw new RejectedError(`the events of Ansible cannot be read: ${messageOf(cause)}`, { cause })
  }
}

/** Time between two reads of the file of events, in ms. */
const interval = 100

/** Reports each event of the file when it is written, until `stop` is called, which may be repeated. `stop` throws for a malformed line. */
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
  let problem: unknown
  const timer = setInterval(() => {
    try {
      readNew()
    } catch (error) {
      problem = error
      clearInterval(timer)
    }
  }, interval)
  let stopped = false
  return {
    stop() {
      if (stopped) return
      stopped = true
      clearInterval(timer)
      try {
        if (problem !== undefined) throw problem
        readNew()
      } finally {
        closeSync(fd)
      }
    },
  }
}

/** The task that stopped the playbook, and why; undefined if no task stopped it. */
export function findCause(ends: readonly TaskEnd[]): string | undefined {
  const fatal = ends.find(({ status, forgiven }) => (status === 'failed' || status === 'unreachable') && !forgiven)
  if (!fatal) return undefined
  if (fatal.status === 'unreachable') return `the machine could not be reached in task '${fatal.task}': ${fatal.message}`
  return `task '${fatal.task}' failed: ${fatal.message}`
}
