import { cpus, totalmem } from 'node:os'
import { run } from '../src/core/exec.ts'
import { readQemu, readTools } from '../src/core/tools.ts'

/** Something to measure. It decides which part of its run counts. */
export interface Contender {
  readonly name: string
  /** Runs once. Returns the seconds that count. */
  run(): Promise<number>
}

/** The result of a contender. `seconds`: one value per round. */
export interface Measured {
  readonly name: string
  readonly seconds: readonly number[]
  readonly median: number
}

/** Runs the contenders in turn, so that changes in machine speed affect all of them equally. */
export async function interleave(contenders: readonly Contender[], rounds: number): Promise<Measured[]> {
  const seconds = contenders.map((): number[] => [])
  for (let round = 1; round <= rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      process.stderr.write(`${contender.name}, ${round} of ${rounds} … `)
      const took = await contender.run()
      seconds[index]?.push(took)
      process.stderr.write(`${took.toFixed(2)} s\n`)
    }
  }
  return contenders.map(({ name }, index) => ({ name, seconds: seconds[index] ?? [], median: median(seconds[index] ?? []) }))
}

/** The numbers that the user gave to a benchmark. */
export interface BenchRequest {
  readonly rounds?: number
  readonly families?: number
  readonly parallel?: number
}

/** The median of the values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] ?? Number.NaN) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** A Markdown table of the results. */
export function renderTable(measured: readonly Measured[]): string {
  const rows = measured.map(({ name, median: middle, seconds }) => {
    return `| ${name} | ${middle.toFixed(2)} | ${Math.min(...seconds).toFixed(2)} | ${Math.max(...seconds).toFixed(2)} | ${seconds.length} |`
  })
  return ['| what | median s | least | most | runs |', '| --- | ---: | ---: | ---: | ---: |', ...rows].join('\n')
}

/** One line about the conditions: date, machine, and versions of the tools. */
export async function renderConditions(more: Readonly<Record<string, string>> = {}): Promise<string> {
  const tools = readTools()
  const first = async (command: string, args: string[]): Promise<string> =>
    ((await run(command, args)).stdout.split('\n')[0] ?? '').replace(/.*?(\d+\.\d+[\w.+~-]*).*/, '$1')
  const versions = {
    node: process.versions.node,
    pulumi: await first(tools.pulumi, ['version']),
    qemu: await first(readQemu().system, ['--version']),
    'ansible-core': await first(`${tools.venv}/bin/ansible`, ['--version']),
    ...more,
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB`
  return `${machine}; ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}`
}

/** Two lines: a time with its goal, and their ratio. */
export function renderGoal(what: string, seconds: number, goal: number): string {
  return `${what}: ${seconds.toFixed(3)} s, goal ${goal} s\nratio ${what.replaceAll(' ', '-')}-of-goal: ${(seconds / goal).toFixed(2)}\n`
}

/** Runs `work`. Returns how long it took, in seconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
