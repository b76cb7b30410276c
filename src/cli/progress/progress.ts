import { renderDuration } from '../../core/duration.ts'
import { printOn, renderLines, say } from '../../core/output.ts'
import { printable } from '../../core/printable.ts'
import type { BakeEvent, FamilyListener } from '../../model/events.ts'
import { renderProgress } from './render.ts'
import { advance, type FamilyProgress } from './state.ts'

/** The display on stderr while families are built. */
export interface Progress {
  readonly listen: FamilyListener
  /** Prints a line above the display. It stays on the screen. */
  note(text: string): void
  /** Ends the display. Its last state stays on the screen. */
  stop(): void
}

const redrawMs = 100
const heartbeatMs = 30_000

/** Starts the display: redrawn in place on a terminal; one line per event in a pipe, in CI, or if TERM is `dumb`. */
export function startProgress(families: readonly string[], stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY && process.env.TERM !== 'dumb' && !process.env.CI ? startDrawing(families, stream) : startLines()
}

function startDrawing(families: readonly string[], stream: NodeJS.WriteStream): Progress {
  const state = new Map<string, FamilyProgress>(families.map((family) => [family, { family, phases: [], notes: [] }]))
  let drawn = 0
  const erase = (): string => (drawn > 0 ? `\u001b[${drawn}A\u001b[0J` : '')
  const draw = (above = ''): void => {
    const all = renderProgress([...state.values()], Date.now(), stream.columns || 80)
    const shown = all.slice(-Math.max(1, (stream.rows || 24) - 1))
    printOn(stream, shown, `${erase()}${above}`)
    drawn = shown.length
  }
  const change = (family: string, to: (before: FamilyProgress) => FamilyProgress): void => {
    const before = state.get(family)
    if (before) state.set(family, to(before))
  }
  const timer = setInterval(draw, redrawMs)
  printOn(stream, [], '\u001b[?25l')
  const showCursor = (): void => printOn(stream, [], '\u001b[?25h')
  process.once('exit', showCursor)
  return {
    listen: (family, event) => change(family, (before) => advance(before, event)),
    note: (text) => draw(renderLines(text)),
    stop() {
      clearInterval(timer)
      draw()
      process.off('exit', showCursor)
      showCursor()
    },
  }
}

function startLines(): Progress {
  const state = new Map<string, FamilyProgress>()
  const quiet = new Map<string, number>()
  const line = (family: string, text: string): void => {
    quiet.set(family, Date.now())
    say(`${family}  ${text}`)
  }
  const timer = setInterval(() => {
    for (const [family, since] of quiet) if (Date.now() - since >= heartbeatMs) line(family, renderNow(state.get(family), 'still running'))
  }, 1000)
  return {
    listen(family, event) {
      const before = state.get(family) ?? { family, phases: [], notes: [] }
      const after = advance(before, event)
      state.set(family, after)
      const text = isRepeated(before, event) ? undefined : renderEvent(after, event)
      if (text) line(family, text)
      if (event.type === 'ended') quiet.delete(family)
    },
    note: say,
    stop: () => clearInterval(timer),
  }
}

/** Whether an event reports the current task again. Code that waits reports its task many times per second. */
export function isRepeated({ phases }: FamilyProgress, event: BakeEvent): boolean {
  return event.type === 'task' && phases.find(({ phase }) => phase === event.phase)?.task?.name === event.name
}

/** An event as one line; undefined for an event that is not worth a line. */
export function renderEvent(progress: FamilyProgress, event: BakeEvent): string | undefined {
  if (event.type === 'ended') return event.status
  if (event.type === 'task') return renderAt(progress, event.phase, event.at, event.name)
  if (event.type === 'note') return `${event.phase.padEnd(9)}            ${printable(event.text)}`
  if (event.type === 'task-done')
    return event.status === 'failed' || event.status === 'unreachable'
      ? renderAt(progress, event.phase, event.at, `${event.name}: ${event.status}`)
      : undefined
  if (event.status === 'started') return `${event.phase.padEnd(9)}            started`
  return renderAt(progress, event.phase, event.at, event.status)
}

function renderAt(progress: FamilyProgress, phase: string, at: string, text: string): string {
  const known = progress.phases.find((each) => each.phase === phase)
  const took = known?.durationMs ?? Date.parse(at) - (known?.startedAt ?? Date.parse(at))
  return `${phase.padEnd(9)}  ${renderDuration(Math.max(0, took)).padStart(8)}  ${printable(text)}`
}

function renderNow(progress: FamilyProgress | undefined, text: string): string {
  const current = progress?.phases.findLast(({ status }) => status === 'started')
  return current ? renderAt(progress as FamilyProgress, current.phase, new Date().toISOString(), current.task?.name ?? text) : text
}
