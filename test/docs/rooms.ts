import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { sourceFolder } from '../../src/core/paths.ts'

/** The rooms that each room may import, as in `.dependency-cruiser.mjs`. A room is a folder of src/, or a file in src/ itself. */
export type Stairs = Readonly<Record<string, readonly string[]>>

/** An import from one room to another. */
export interface Arrow {
  readonly from: string
  readonly to: string
}

const pattern = /(?:from|import|import\()\s*'(\.[^']+)'/g

/** Reads the imports between rooms, including type imports and dynamic imports. */
export function readArrows(): Arrow[] {
  const files = readdirSync(sourceFolder(), { recursive: true, encoding: 'utf8' }).filter((path) => /\.(ts|mjs)$/.test(path))
  const arrows = files.flatMap((file) => importsOf(file).map((to) => ({ from: roomOf(file), to: roomOf(to) })))
  const known = new Map(arrows.filter(({ from, to }) => from !== to).map((arrow) => [`${arrow.from} ${arrow.to}`, arrow]))
  return [...known.keys()].sort().map((key) => known.get(key) as Arrow)
}

function importsOf(file: string): string[] {
  const path = join(sourceFolder(), file)
  const named = [...readFileSync(path, 'utf8').matchAll(pattern)]
  return named.map(([, target = '']) => relative(sourceFolder(), join(dirname(path), target)))
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? file
}

/** Whether an import is allowed: it goes to a lower room. Files in src/ itself may import all rooms. */
export function goesDown({ from, to }: Arrow, stairs: Stairs): boolean {
  return stairs[from]?.includes(to) ?? true
}

/** The rooms as a Mermaid picture, without rooms that all others import. */
export function renderPicture(arrows: readonly Arrow[], stairs: Stairs, common: readonly string[]): string {
  const shown = arrows.filter(({ to }) => !common.includes(to))
  const lines = shown.map((arrow) => `  ${arrow.from} ${goesDown(arrow, stairs) ? '-->' : '-. up .->'} ${arrow.to}`)
  return ['```mermaid', 'flowchart TD', ...lines, '```'].join('\n')
}
