import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setVariable } from '../core/environment.ts'
import { findCommand } from '../core/find-command.ts'
import { findProcess, isRunning, type ProcessIdentity } from '../core/process-identity.ts'
import { quoteShell } from '../core/quote.ts'
import { endSession, signalProcess } from '../core/session.ts'
import { buildFiles } from '../model/build-folder.ts'
import { type StepName, stepNames } from '../model/step.ts'

/**
 * The shell command that runs one step of the build in a folder. The step has a session of its own and a shell that waits for it: the
 * official `command` plugin cancels a command by killing its shell with SIGKILL, and the step must outlive that to end its children.
 */
export function stepCommand(node: string, step: StepName, buildFolder: string): string {
  const words = [node, join(import.meta.dirname, 'run.ts'), step, buildFolder].map(quoteShell).join(' ')
  const setsid = findCommand('setsid')
  return `${setsid ? `${quoteShell(setsid)} ` : ''}${words} & wait "$!"`
}

/** Makes this process the owner of the steps that its children start. */
export function ownSteps(): void {
  const self = findProcess(process.pid)
  if (self) setVariable('BAKEHOUSE_OWNER', `${self.pid} ${self.started}`)
}

/** The file in the build folder with the process ID of a running step. */
export function stepProcessFile(folder: string, step: StepName): string {
  return join(folder, buildFiles.steps, `${step}.pid`)
}

/** Ends the steps of a build that still run, with their children. Takes up to 8 s: a step has 5 s to end by itself. */
export async function endSteps(folder: string): Promise<void> {
  await Promise.all(stepNames.map((step) => endStep(findStepProcess(folder, step))))
}

async function endStep(step: ProcessIdentity | undefined): Promise<void> {
  if (!step || !isRunning(step)) return
  signalProcess(step.pid, 'SIGTERM')
  for (let waited = 0; waited < 5000 && isRunning(step); waited += 100) await sleep(100)
  await endSession(step.pid)
}

function findStepProcess(folder: string, step: StepName): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(stepProcessFile(folder, step), 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}
