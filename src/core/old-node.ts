import { isPackage } from './paths.ts'
import { commandName } from './program.ts'

/** The oldest major version of Node that runs the source, and the compiled package. `setup.mjs` has the same number for the source. */
const [oldestForSource, oldestForPackage] = [24, 20]

/** The message for a Node that cannot run this program; undefined for every other. Older ones stop at `using`, with a syntax error. */
export function explainOldNode(version: string, compiled = isPackage): string | undefined {
  const oldest = compiled ? oldestForPackage : oldestForSource
  if (Number.parseInt(version, 10) >= oldest) return undefined
  const hint = compiled ? `install Node ${oldestForSource}` : `start it with ${commandName}, which uses the pinned Node`
  return `error: expected Node >= ${oldest}, got ${version}\nhint: ${hint}\n`
}
