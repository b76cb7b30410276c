import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { setVariable, type VariableName } from '../core/environment.ts'
import { findCommand } from '../core/find-command.ts'
import { endProcesses, findMarked, signalProcess } from '../core/marked-processes.ts'
import { programBeside } from '../core/paths.ts'
import { isRunning, type ProcessIdentity } from '../core/process-identity.ts'
import { quoteShell } from '../core/quote.ts'
import { stepMark } from '../model/build-folder.ts'
import { type StepName, stepNames } from '../model/step.ts'

const mark: VariableName = 'BAKEHOUSE_STEP'

/**
 * The shell command that runs one step of the build in a folder. The step has a session of its own and a shell that waits for it: the
 * official `command` plugin cancels a command by killing its shell with SIGKILL, and the step must outlive that to end its children.
 */
export function stepCommand(node: string, step: StepName, buildFolder: string): string {
  const words = [node, programBeside(import.meta, 'run'), step, buildFolder].map(quoteShell).join(' ')
  const setsid = findCommand('setsid')
  return `${mark}=${quoteShell(stepMark(buildFolder, step))} ${setsid ? `${quoteShell(setsid)} ` : ''}${words} & wait "$!"`
}

/** The file in the build folder with the process ID of a running step. */
export function stepProcessFile(folder: string, step: StepName): string {
  return `${stepMark(folder, step)}.pid`
}

/** Marks the processes that this one starts after this as children of a step. */
export function markChildren(folder: string, step: StepName): void {
  setVariable(mark, stepMark(folder, step))
}

/**
 * Ends the steps of a build that still run, other commands of its Pulumi program, and children of those that were killed. Takes up to
 * 7 s: a step has 5 s to end by itself.
 */
export async function endSteps(folder: string): Promise<void> {
  await Promise.all(stepNames.map((step) => askToEnd(findStepProcess(folder, step))))
  await endProcesses(() => findMarked(mark).filter(({ value }) => value.startsWith(stepMark(folder, ''))))
}

async function askToEnd(step: ProcessIdentity | undefined): Promise<void> {
  if (!step || !isRunning(step)) return
  signalProcess(step.pid, 'SIGTERM')
  for (let waited = 0; waited < 5000 && isRunning(step); waited += 100) await sleep(100)
}

function findStepProcess(folder: string, step: StepName): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(stepProcessFile(folder, step), 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}
