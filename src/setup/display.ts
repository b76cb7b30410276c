import { cutToWidth } from '../core/display-width.ts'
import { renderElapsed } from '../core/duration.ts'
import type { Report } from '../core/lock.ts'
import { type Printer, printOn } from '../core/output.ts'
import { printable } from '../core/printable.ts'

/** A stream to print on: stderr, or a replacement in tests. */
export interface Terminal extends Printer {
  readonly isTTY?: boolean
  readonly columns?: number
}

interface Running {
  readonly name: string
  readonly since: number
  text: string
}

/** The display of set-up. */
export interface SetupDisplay extends Disposable {
  /** Runs a long action, and shows its last report and how long it has been running. `first` is shown before the first report. */
  follow<T>(name: string, first: string, action: (report: Report) => Promise<T>): Promise<T>
}

/** Starts the display of actions that run in parallel: redrawn lines on a terminal, else one line every 12 seconds. */
export function startDisplay(terminal: Terminal = process.stderr): SetupDisplay {
  const running = new Set<Running>()
  const live = terminal.isTTY === true
  let drawn = 0
  const draw = (): void => {
    const lines = [...running].map((step) => cutToWidth(renderStep(step, Date.now() - step.since), (terminal.columns ?? 80) - 1))
    printOn(terminal, lines, erase(drawn))
    drawn = lines.length
  }
  const print = (line: string): void => {
    printOn(terminal, line, erase(live ? drawn : 0))
    drawn = 0
  }
  const tell = (): void => {
    if (live) draw()
    else for (const step of running) print(renderStep(step, Date.now() - step.since))
  }
  const timer = setInterval(tell, live ? 250 : 12_000)
  return {
    async follow(name, first, action) {
      const step: Running = { name, since: Date.now(), text: first }
      running.add(step)
      if (!live) print(`${name}: ${first}`)
      let how = 'failed after'
      try {
        const result = await action((text) => {
          step.text = text
        })
        how = 'done in'
        return result
      } finally {
        running.delete(step)
        print(`${name}: ${how} ${renderElapsed(Date.now() - step.since)}`)
      }
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      if (live) printOn(terminal, [], erase(drawn))
    },
  }
}

function renderStep(step: Pick<Running, 'name' | 'text'>, ms: number): string {
  return `${step.name}: ${printable(step.text)} (${renderElapsed(ms)})`
}

function erase(lines: number): string {
  return lines === 0 ? '' : `\x1b[${lines}A\x1b[0J`
}
