import { writeError } from '../core/error-lines.ts'
import { runInTerminal } from '../core/exec.ts'
import { projectFolder } from '../core/paths.ts'
import { prepareProcess } from '../core/prepare-process.ts'
import { readTools } from '../core/tools.ts'
import { engineEnvironment } from '../engine/environment.ts'

// `npm run pulumi -- …` runs the Pulumi CLI with the state and the secrets of the builds. Its arguments, `--help` too, are those of Pulumi.
prepareProcess()
try {
  process.exitCode = await runInTerminal(readTools().pulumi, process.argv.slice(2), { cwd: projectFolder(), env: engineEnvironment() })
} catch (error) {
  process.exitCode = writeError(error)
}
