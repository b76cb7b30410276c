import type { System } from './system.ts'

/** All operating systems, by the value of `os` in family.yaml. To add one, add a folder and a line here. */
const systems: Readonly<Record<string, System>> = {
  linux: (await import('./linux/linux.ts')).linux,
  windows: (await import('./windows/windows.ts')).windows,
}

/** The names of all operating systems; the first one is the default. */
export const systemNames: readonly string[] = Object.keys(systems)

/** The operating system of that name. */
export function systemOf(os: string): System {
  const system = systems[os]
  if (!system) throw new Error(`Expected an operating system (${systemNames.join(', ')}), got "${os}"`)
  return system
}
