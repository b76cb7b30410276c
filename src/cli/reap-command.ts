import { stateCommandLine } from '../core/program.ts'

/** The command that deletes what builds of these families left. For several families, it is the one for all. */
export function reapCommandLine(families: readonly string[]): string {
  const [family, ...others] = families
  return family === undefined || others.length > 0 ? stateCommandLine('reap') : stateCommandLine('reap', '--family', family)
}
