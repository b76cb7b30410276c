import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../src/core/paths.ts'
import { madeRecord, writeMadeRecord } from './made-record.ts'
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
    writeMadeRecord(home, madeRecord(index))
  }
  return home
}
