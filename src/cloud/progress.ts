import { join } from 'node:path'
import { appendJsonLine } from '../core/append-json-line.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { BuildEvent } from '../model/events.ts'

/** A machine that a process of its own starts for a build. */
export interface StartingMachine {
  readonly buildFolder: string
  readonly stage: 'base' | 'trial'
  /** The name of the machine in the build, such as `trial-2`. */
  readonly name: string
}

/** Reports what is seen of a machine while the build waits for it. The build shows it as the task of the phase. */
export function tellSight(machine: StartingMachine, sentence: string): void {
  const { name, stage } = machine
  tell(machine, { type: 'task', phase: stage, name: name === stage ? sentence : `${name}: ${sentence}`, at: new Date().toISOString() })
}

/** Reports a sentence for the user, which stays on the screen. */
export function tellNote(machine: StartingMachine, text: string): void {
  tell(machine, { type: 'note', phase: machine.stage, text, at: new Date().toISOString() })
}

function tell({ buildFolder }: StartingMachine, event: BuildEvent): void {
  appendJsonLine(join(buildFolder, buildFiles.events), event)
}
