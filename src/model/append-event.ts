import { appendFileSync } from 'node:fs'
import { buildFiles } from './build-folder.ts'
import type { BuildEvent } from './events.ts'

/** Appends an event to the file of a build folder. Steps and commands have processes of their own; the build reads their events there. */
export function appendEvent(buildFolder: string, event: BuildEvent): void {
  appendFileSync(`${buildFolder}/${buildFiles.events}`, `${JSON.stringify(event)}\n`, { mode: 0o600 })
}
