import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { knownStack, openStack } from '../src/bake/stack.ts'
import { run } from '../src/core/exec.ts'
import { sourceFolder } from '../src/core/paths.ts'
import { median, parseRounds, renderConditions, timed } from './measure.ts'
import { bakeReference, makeReferenceProject } from './reference-project.ts'
import { growHome } from './seed-home.ts'

const sizes = [1, 10, 100, 1000]
const family = 'reference'

/** A part of a bake, or a verb, whose cost could grow with the builds that were made before. */
interface Part {
  readonly name: string
  /** Part of every bake: these make the ratio. */
  readonly ofBake: boolean
  run(): Promise<unknown>
}

/** What a bake costs at the 1st and at the 1,000th build: one is made, then its traces are copied. */
export async function main(args: readonly string[]): Promise<void> {
  const rounds = parseRounds(args, 5)
  const project = makeReferenceProject()
  Object.assign(process.env, project.env)
  const rows = new Map<string, number[]>()
  const parts = partsOf(project.env)
  try {
    process.stderr.write('a first bake …\n')
    const { version } = await bakeReference(project.env)
    for (const [index, size] of sizes.entries()) {
      growHome({ home: project.home, family, version }, { from: sizes[index - 1] ?? 1, to: size })
      for (const part of parts) {
        const seconds = await middle(part, rounds)
        rows.set(part.name, [...(rows.get(part.name) ?? []), seconds])
        process.stderr.write(`${size} builds: ${part.name} … ${seconds.toFixed(2)} s\n`)
      }
    }
    const files = countFiles(join(project.home, 'state'))
    process.stdout.write(`${renderGrowth(parts, rows)}\n\n${await renderConditions()}; ${files} files in the state\n\n`)
    process.stdout.write(`ratio growth-1000-over-1: ${ratioOf(parts, rows).toFixed(2)}\n`)
  } finally {
    project.remove()
  }
}

function partsOf(env: Readonly<Record<string, string>>): Part[] {
  const verb = (...args: string[]) => run(process.execPath, [join(sourceFolder(), 'bake.ts'), ...args], { env })
  const { signal } = new AbortController()
  let made = 0
  return [
    { name: 'bake --if-changed, nothing changed', ofBake: true, run: () => bakeReference(env, ['--if-changed']) },
    { name: 'bake --dry-run: resolve, a build stack made, previewed, removed', ofBake: true, run: () => bakeReference(env, ['--dry-run']) },
    {
      name: 'a build stack made, updated, read',
      ofBake: true,
      async run() {
        const stack = await openStack(`${family}-2024.01.01-${++made + 1}`)
        await stack.up(async () => ({ made }), { message: 'bench', signal })
        await stack.read()
        await stack.destroy({ message: 'bench', signal })
        await stack.remove()
      },
    },
    {
      name: 'promote: an update of the family stack',
      ofBake: true,
      async run() {
        const stack = await knownStack(family)
        const { outputs } = await stack.read()
        await stack.up(async () => ({ ...outputs }), { message: 'bench', signal })
      },
    },
    { name: 'history', ofBake: false, run: () => verb('history') },
    { name: 'show', ofBake: false, run: () => verb('show', family) },
    { name: 'reap --dry-run', ofBake: false, run: () => verb('reap', '--dry-run') },
  ]
}

async function middle(part: Part, rounds: number): Promise<number> {
  const seconds: number[] = []
  for (let round = 0; round < rounds; round++) seconds.push(await timed(() => part.run()))
  return median(seconds)
}

function renderGrowth(parts: readonly Part[], rows: ReadonlyMap<string, readonly number[]>): string {
  const head = [`| median s at so many builds | ${sizes.join(' | ')} | ratio |`, `| --- |${' ---: |'.repeat(sizes.length + 1)}`]
  const lines = parts.map(({ name }) => {
    const seconds = rows.get(name) ?? []
    return `| ${name} | ${seconds.map((each) => each.toFixed(2)).join(' | ')} | ${((seconds.at(-1) ?? 0) / (seconds[0] ?? 1)).toFixed(2)} |`
  })
  return [...head, ...lines].join('\n')
}

/** All that a bake does of it, at the last size over the first. */
function ratioOf(parts: readonly Part[], rows: ReadonlyMap<string, readonly number[]>): number {
  const total = (index: number): number =>
    parts.filter(({ ofBake }) => ofBake).reduce((sum, { name }) => sum + (rows.get(name)?.at(index) ?? 0), 0)
  return total(-1) / total(0)
}

function countFiles(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
}
