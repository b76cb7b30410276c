import { BakehouseError, UsageError } from '../src/core/errors.ts'

/** The benchmarks, one file each. Each prints a Markdown table, and then its ratios. */
const benches: Readonly<Record<string, () => Promise<{ main(args: readonly string[]): Promise<void> }>>> = {
  peer: () => import('./peer.ts'),
  where: () => import('./where.ts'),
  start: () => import('./start.ts'),
  noop: () => import('./noop.ts'),
  boot: () => import('./boot.ts'),
  many: () => import('./many.ts'),
  growth: () => import('./growth.ts'),
  memory: () => import('./memory.ts'),
  disk: () => import('./disk.ts'),
}

const [name = '', ...args] = process.argv.slice(2)
try {
  const load = benches[name]
  if (!load) throw new UsageError(`Expected one of ${Object.keys(benches).join(', ')}, got "${name}"`)
  await (await load()).main(args)
} catch (error) {
  const known = error instanceof BakehouseError
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${known && error.hint ? `  try: ${error.hint}\n` : ''}`)
  process.exitCode = known ? error.exitCode : 1
}
