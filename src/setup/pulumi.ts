import { runInTerminal } from '../core/exec.ts'
import { projectFolder } from '../core/paths.ts'
import { prepareProcess } from '../core/prepare-process.ts'
import { readTools } from '../core/tools.ts'
import { engineEnvironment } from '../engine/environment.ts'

prepareProcess()
// `npm run pulumi -- …` runs the Pulumi CLI with the state and the secrets of the builds.
process.exitCode = await runInTerminal(readTools().pulumi, process.argv.slice(2), { cwd: projectFolder(), env: engineEnvironment() })
