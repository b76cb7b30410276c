import { join } from 'node:path'
import { runInTerminal } from '../core/exec.ts'
import { sourceFolder } from '../core/paths.ts'

/**
 * Sets up the tools, for a verb that needs them, if npm started the program. First `check` looks at what the user typed, as set-up may
 * take minutes. Returns the exit code of set-up, which prints its own messages.
 */
export async function ensureTools(check: () => Promise<void> = async () => {}): Promise<number> {
  if (process.env.npm_lifecycle_event !== 'bake') return 0
  await check()
  return runInTerminal(process.execPath, [join(sourceFolder(), '../setup.mjs')], {})
}
