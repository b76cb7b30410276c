/** `trial-2` and `machine` make `trial-machine-2`, so that the name does not end like that of a phase. */
export function around(name: string, what: string): string {
  const [stage, ...rest] = name.split('-')
  return [stage, what, ...rest].join('-')
}
