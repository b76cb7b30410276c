import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../src/core/paths.ts'
import { interleave, renderConditions, renderTable, timed } from './measure.ts'

const builds = 1000

/** How long the command line takes to say something. */
export async function main([rounds = '7']: readonly string[]): Promise<void> {
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
      Number(rounds),
    )
    const [bare, help] = measured.map((each) => each.median)
    process.stdout.write(`${renderTable(measured)}\n\n${await renderConditions()}\n\n`)
    process.stdout.write(
      `help over bare node: ${((help ?? 0) - (bare ?? 0)).toFixed(3)} s\nratio help: ${((help ?? 0) / (bare ?? 1)).toFixed(2)}\n`,
    )
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

/** A record as a bake of the reference family leaves it. */
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
    phases: [],
    tasks: [],
    suites: [{ suite: 'hygiene', verifier: 'hygiene', cases, durationMs: 1000, junit: 'junit/hygiene.xml' }],
    tools: {},
    sourceCommit: '',
    buildStack: `bakehouse/reference-${version}`,
  }
}
