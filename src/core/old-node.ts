import { commandName } from './program.ts'

/** The oldest major version of Node that runs this program. `setup.mjs` has the same number. */
const oldest = 24

/** The message for a Node that cannot run this program; undefined for every other. Older ones stop at `using`, with a syntax error. */
export function explainOldNode(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= oldest) return undefined
  return `error: expected Node >= ${oldest}, got ${version}\nhint: start it with ${commandName}, which uses the pinned Node\n`
}
