import { appendFileSync } from 'node:fs'

/** Appends a value to a JSONL file that only this user can read. Processes of their own report to the build in this way. */
export function appendJsonLine(file: string, value: object): void {
  appendFileSync(file, `${JSON.stringify(value)}\n`, { mode: 0o600 })
}
