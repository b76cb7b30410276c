import { prepareTools } from './bakehouse.ts'
import { writeError } from './core/error-lines.ts'
import { prepareProcess } from './core/prepare-process.ts'

// `npm run setup` and set-up before the tests: installs what the families of the project need. `--again` checks every tool again;
// `--checks` also installs what the tests need.
prepareProcess()
const has = (option: string): boolean => process.argv.includes(option)
try {
  await prepareTools(undefined, { again: has('--again'), checks: has('--checks') })
} catch (error) {
  process.exitCode = writeError(error)
}
