import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../src/core/paths.ts'
import { phases } from '../src/model/phases.ts'
import { type BenchRequest, interleave, renderConditions, renderGoal, renderTable, timed } from './measure.ts'

const builds = 1000

/** Measures how long the command line takes to print something. */
export async function main({ rounds = 7 }: BenchRequest): Promise<void> {
  const home = makeHistory()
  try {
    const entry = join(sourceFolder(), 'bake.ts')
    const node = (...args: string[]) => timed(() => run(process.execPath, args, { env: { BAKEHOUSE_HOME: home } }))
    const measured = await interleave(
      [
        { name: 'bare node', run: () => node('-e', '0') },
        { name: '--help', run: () => node(entry, '--help') },
        { name: `history, ${builds} builds`, run: () => node(entry, 'history') },
      ],
      rounds,
    )
    const [bare = 0, help = 0, history = 0] = measured.map((each) => each.median)
    process.stdout.write(`${renderTable(measured)}\n\n${await renderConditions()}\n\n`)
    process.stdout.write(renderGoal('help over bare node', help - bare, 0.3))
    process.stdout.write(renderGoal(`history of ${builds} builds`, history, 1))
  } finally {
    rmSync(home, { recursive: true })
  }
}

function makeHistory(): string {
  const home = mkdtempSync(join(tmpdir(), 'bakehouse-history-'))
  cpSync(join(homeFolder(), 'tools.json'), join(home, 'tools.json'))
  for (let index = 0; index < builds; index++) {
    const version = `2026.01.01-${index + 2}`
    const folder = join(home, 'builds/reference', version)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'record.json'), `${JSON.stringify(record(version, index), undefined, 2)}\n`)
  }
  return home
}

/** A record like that of a build of the reference family. */
function record(version: string, index: number): object {
  const startedAt = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString()
  const cases = Array.from({ length: 40 }, (_, number) => ({ name: `case ${number}`, status: 'passed', durationMs: 1 }))
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
