import { cutToWidth, displayWidth } from '../../core/display-width.ts'
import { renderDuration } from '../../core/duration.ts'
import { paint } from '../../core/output.ts'
import { printable } from '../../core/printable.ts'
import type { FamilyProgress, PhaseProgress } from './state.ts'

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const phaseWidth = 9
const timeWidth = 8

/** The lines to draw: all phases if there is one family; one line per family if there are several. `now`: milliseconds since the epoch. */
export function renderProgress(families: readonly FamilyProgress[], now: number, columns: number): string[] {
  const [only] = families
  const width = Math.max(...families.map(({ family }) => family.length))
  const lines = only && families.length === 1 ? renderOne(only, now) : families.map((each) => renderLine(each, width, now))
  return lines.map((cells) => cut(cells, columns))
}

/** A part of a line. It gets its colour after the line was shortened to the width of the screen. */
interface Cell {
  readonly text: string
  readonly colour?: 'red' | 'green' | 'cyan' | 'dim' | 'bold'
}

function renderOne({ family, phases, notes }: FamilyProgress, now: number): Cell[][] {
  const title: Cell[] = [{ text: family, colour: 'bold' }]
  const last = notes.slice(-3).map((note): Cell[] => [{ text: `  ${note}`, colour: 'dim' }])
  return [title, ...phases.map((phase) => renderPhase(phase, now)), ...last]
}

function renderPhase(phase: PhaseProgress, now: number): Cell[] {
  const took = phase.durationMs ?? now - phase.startedAt
  const time = renderDuration(took).padStart(timeWidth)
  return [
    { text: '  ' },
    mark(phase, now),
    { text: ` ${phase.phase.padEnd(phaseWidth)} ` },
    { text: time, colour: 'dim' },
    ...renderTask(phase, now),
  ]
}

function renderTask({ task, status, tasksDone }: PhaseProgress, now: number): Cell[] {
  if (status !== 'started') return tasksDone > 0 ? [{ text: `  ${tasksDone} tasks`, colour: 'dim' }] : []
  if (!task) return []
  const since = now - task.startedAt
  return [{ text: `  ${task.name}` }, ...(since >= 3000 ? [{ text: `  ${renderDuration(since)}`, colour: 'dim' as const }] : [])]
}

function renderLine({ family, phases, ended }: FamilyProgress, width: number, now: number): Cell[] {
  const name: Cell = { text: ` ${family.padEnd(width)}  ` }
  const current = phases.findLast(({ status }) => status === 'started') ?? phases.at(-1)
  if (ended !== undefined) return [endMark(ended), name, { text: ended, colour: 'dim' }]
  if (!current) return [{ text: '·', colour: 'dim' }, name, { text: 'waiting', colour: 'dim' }]
  const took = renderDuration(current.durationMs ?? now - current.startedAt).padStart(timeWidth)
  return [
    mark(current, now),
    name,
    { text: current.phase.padEnd(phaseWidth) },
    { text: ` ${took}`, colour: 'dim' },
    ...renderTask(current, now),
  ]
}

function endMark(ended: string): Cell {
  return /^(promoted|unchanged|preview)/.test(ended) ? { text: '✓', colour: 'green' } : { text: '✗', colour: 'red' }
}

function mark({ status }: PhaseProgress, now: number): Cell {
  if (status === 'done') return { text: '✓', colour: 'green' }
  if (status === 'failed') return { text: '✗', colour: 'red' }
  return { text: spinner[Math.floor(now / 100) % spinner.length] ?? '', colour: 'cyan' }
}

/** Shortens a line to the width of the screen, because redrawing counts lines and a wrapped line would count as two. */
function cut(cells: readonly Cell[], columns: number): string {
  let room = columns - 1
  return cells
    .map(({ text, colour }) => {
      const plain = printable(text)
      const shown = displayWidth(plain) <= room ? plain : `${cutToWidth(plain, Math.max(0, room - 1))}${room > 0 ? '…' : ''}`
      room -= displayWidth(shown)
      return colour ? paint(colour, shown) : shown
    })
    .join('')
}
