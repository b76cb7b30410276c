import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeError } from '../core/error-lines.ts'
import { runInTerminal } from '../core/exec.ts'
import { packageFolder, projectFolder } from '../core/paths.ts'
import { prepareProcess } from '../core/prepare-process.ts'
import { readTools } from '../core/tools.ts'
import { engineEnvironment } from '../engine/environment.ts'

// `npm run pulumi -- …` and `npx bakehouse pulumi …` run the Pulumi CLI with the state and the secrets of the builds. Its arguments, `--help` too, are those of Pulumi.
prepareProcess()
try {
  process.exitCode = await runInTerminal(readTools().pulumi, process.argv.slice(2), {
    cwd: findFolder(process.cwd()),
    env: engineEnvironment(),
  })
} catch (error) {
  process.exitCode = writeError(error)
}

/**
 * The folder in which the CLI runs: the current one, if it is in a Pulumi project or the arguments name another one. Otherwise the folder of
 * the project, or of this program, whose Pulumi project has the stacks of the builds.
 */
function findFolder(current: string): string {
  const named = process.argv.some((word) => /^(-C|--cwd)/.test(word))
  if (named || isInProject(current)) return current
  return [projectFolder(), packageFolder()].find(hasProject) ?? current
}

function isInProject(folder: string): boolean {
  return hasProject(folder) || (dirname(folder) !== folder && isInProject(dirname(folder)))
}

function hasProject(folder: string): boolean {
  return existsSync(join(folder, 'Pulumi.yaml'))
}
