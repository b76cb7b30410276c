import type { System } from './system.ts'

const systems = {
  linux: (await import('./linux/linux.ts')).linux,
  windows: (await import('./windows/windows.ts')).windows,
} satisfies Readonly<Record<string, System>>

/** An operating system that images can have: a value of `os` in family.yaml. To add one: one folder, and one line above. */
export type Os = keyof typeof systems

/** The names of all operating systems; the first one is the default. */
export const systemNames = Object.keys(systems) as [Os, ...Os[]]

/** The operating system of that name. */
export function systemOf(os: string): System {
  return forSystem<System>(systems, os)
}

/** The row of a table that has one row for each operating system. */
export function forSystem<Row>(table: Readonly<Record<Os, Row>>, os: string): Row {
  if (Object.hasOwn(table, os)) return table[os as Os]
  throw new Error(`Expected an operating system (${Object.keys(table).join(', ')}), got "${os}"`)
}
