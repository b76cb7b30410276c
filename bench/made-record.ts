import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { phases } from '../src/model/phases.ts'
import type { BuildRecord } from '../src/model/record.ts'

/** A record like that of a build of the reference family. `index`: the number of builds before it. */
export function madeRecord(index: number): BuildRecord {
  const version = `2026.01.01-${index + 2}`
  const startedAt = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString()
  const cases = Array.from({ length: 40 }, (_, number) => ({ name: `case ${number}`, status: 'passed' as const, durationMs: 1 }))
  return {
    schemaVersion: 1,
    family: 'reference',
    version,
    build: String(index),
    cloud: 'local',
    status: 'promoted',
    startedAt,
    endedAt: startedAt,
    durationMs: 40_000,
    phases: phases.map((phase) => ({ phase, status: 'done', startedAt, durationMs: 4000 })),
    tasks: Array.from({ length: 8 }, (_, number) => ({ phase: 'configure', name: `task ${number}`, status: 'changed', durationMs: 900 })),
    suites: [{ suite: 'hygiene', verifier: 'hygiene', cases, durationMs: 1000, junit: 'junit/hygiene.xml' }],
    tools: {},
    sourceCommit: '',
    buildStack: `bakehouse/reference-${version}`,
  }
}

/** Writes a record to its build folder. */
export function writeMadeRecord(home: string, record: BuildRecord): void {
  const folder = join(home, 'builds', record.family, record.version)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'record.json'), `${JSON.stringify(record, undefined, 2)}\n`)
}
