import { prepareTools } from './bakehouse.ts'
import { messageOf } from './core/errors.ts'
import { prepareProcess } from './core/prepare-process.ts'
import { printableLines } from './core/printable.ts'

// `npm run setup` and set-up before the tests: installs what the families of the project need. `--again` checks every tool again;
// `--checks` also installs what the tests need.
prepareProcess()
const has = (option: string): boolean => process.argv.includes(option)
try {
  await prepareTools(undefined, { again: has('--again'), checks: has('--checks') })
} catch (error) {
  const { hint, exitCode, stack } = error as { hint?: string; exitCode?: number; stack?: string }
  const text = `${exitCode === undefined ? stack : messageOf(error)}${hint ? `\nhint: ${hint}` : ''}`
  process.stderr.write(`${printableLines(text).join('\n')}\n`)
  process.exitCode = exitCode ?? 1
}
