import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEngine } from '../src/bakehouse.ts'
import { runTool } from '../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../src/core/paths.ts'
import { renderLedger } from '../src/records/ledger.ts'
import { countEngineRuns } from '../test/helpers/engine-runs.ts'
import { madeRecord, writeMadeRecord } from './made-record.ts'
import { type BenchRequest, interleave, renderConditions, renderGoal, renderTable, timed } from './measure.ts'

const builds = 1000
const family = 'reference'
/** Of the project, before `BAKEHOUSE_HOME` is changed. */
const tools = join(homeFolder(), 'tools.json')

/** Measures how long a computer takes to list the builds in a shared state, after it has seen them and before. */
export async function main({ rounds = 7 }: BenchRequest): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-history-'))
  try {
    writeFileSync(join(folder, 'passphrase'), 'bench')
    const one = await makeState(join(folder, 'state-of-1'), 1)
    const many = await makeState(join(folder, `state-of-${builds}`), builds)
    const seen = makeHome(join(folder, 'seen'))
    for (let index = 0; index < builds; index++) writeMadeRecord(seen, madeRecord(index))
    const list = (backend: string, home: string) =>
      timed(() => runTool(process.execPath, [join(sourceFolder(), 'bake.ts'), 'history', family], { env: environment(backend, home) }))
    const empty = makeHome(join(folder, 'empty'))
    await list(many, seen)
    const measured = await interleave(
      [
        { name: `${builds} builds, a computer that has seen them`, run: () => list(many, seen) },
        { name: `${builds} builds, a computer that has not`, run: () => list(many, empty) },
        { name: '1 build, a computer that has not seen it', run: () => list(one, empty) },
      ],
      rounds,
    )
    const [known = 0, unknown = 0] = measured.map((each) => each.median)
    const counted = makeHome(join(folder, 'counted'))
    const runs = countEngineRuns(counted)
    await list(one, counted)
    const ofOne = runs().length
    await list(many, counted)
    process.stdout.write(`${renderTable(measured)}\n\n${await renderConditions()}\n\n`)
    process.stdout.write(renderGoal(`shared history of ${builds} builds seen`, known, 1))
    process.stdout.write(renderGoal(`shared history of ${builds} builds not seen`, unknown, 3))
    process.stdout.write(`runs of the engine: ${ofOne} for 1 build, ${runs().length} for ${builds} builds\n`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function environment(backend: string, home: string): Record<string, string> {
  return { PULUMI_BACKEND_URL: backend, BAKEHOUSE_HOME: home, PULUMI_CONFIG_PASSPHRASE_FILE: join(home, '../passphrase') }
}

/** Creates a home folder in which set-up is complete. */
function makeHome(home: string): string {
  mkdirSync(home)
  cpSync(tools, join(home, 'tools.json'))
  return home
}

/** Creates a state in a folder, with a family that has been built this number of times. Returns its URL. */
async function makeState(folder: string, count: number): Promise<string> {
  mkdirSync(folder)
  const backend = `file://${folder}`
  Object.assign(process.env, environment(backend, makeHome(`${folder}-home`)))
  const stack = await (await openEngine(backend)).openStack(family)
  const records = Array.from({ length: count }, (_, index) => madeRecord(count - index - 1))
  await stack.attach(renderLedger(records), await stack.read())
  return backend
}
