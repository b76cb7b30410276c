import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { defined } from '../core/defined.ts'
import { BakehouseError, findSystemProblem, MissingError, messageOf } from '../core/errors.ts'
import { withLock } from '../core/lock.ts'
import { say } from '../core/output.ts'
import { homeFolder } from '../core/paths.ts'
import { type Tools, toolsFile } from '../core/tools.ts'
import { engineEnvironment } from '../engine/environment.ts'
import { engineVersion } from '../engine/version.ts'
import { setUpCommandPlugin } from './command-plugin.ts'
import { type SetupDisplay, startDisplay } from './display.ts'
import { planGoss } from './goss.ts'
import type { Needs } from './needs.ts'
import { findEngineVersion, planEngine } from './pulumi-engine.ts'
import { planVenv } from './python.ts'
import { findEarlierNeeds, isSetUp, makeStamp, type Stamp } from './stamp.ts'
import { planSystemPackages } from './system-packages.ts'
import type { SetupTask } from './task.ts'

/** Set-up failed for another reason than a missing tool. The hint names the log. */
class SetUpFailed extends BakehouseError {
  readonly exitCode = 1
}

/**
 * Installs the tools that are needed and not installed. Returns immediately if nothing has changed since the last set-up, except with
 * `again`. Only one set-up of a project runs at a time. Throws MissingError with all tools that cannot be installed, or SetUpFailed.
 */
export async function ensureTools(needs: Needs, again = false): Promise<void> {
  if (!again && isSetUp(needs)) return
  mkdirSync(homeFolder(), { recursive: true })
  await withLock(join(homeFolder(), 'tools.lock'), reportOnce(), async () => {
    if (!again && isSetUp(needs)) return
    const wanted = withEarlier(needs, findEarlierNeeds())
    await setUp(wanted).catch((error: unknown) => {
      throw explain(error)
    })
  })
}

/** Plans all tools before it installs the first one, so that all missing tools are reported together and early. */
async function setUp(needs: Needs): Promise<void> {
  const [system, engine, ansible, checks, goss] = await all([
    planSystemPackages(needs),
    planEngine(),
    planVenv('ansible'),
    needs.checks ? planVenv('checks') : undefined,
    planGoss(),
  ])
  using display = startDisplay()
  const packages = runTask(display, 'Packages of the system', system)
  // Other tools wait for the system packages, because these may include Python.
  const afterPackages = <T>(name: string, task: SetupTask<T>): Promise<T> => packages.then(() => runTask(display, name, task))
  const [qemu, pulumi, venv, checksVenv, gossFile] = await all([
    packages,
    runTask(display, `Pulumi engine ${engineVersion}`, engine),
    afterPackages('Ansible', ansible),
    checks && afterPackages('Tools for the tests', checks),
    runTask(display, 'goss', goss),
  ])
  engineEnvironment()
  const plugin = await setUpCommandPlugin(pulumi)
  const pulumiVersion = findEngineVersion(pulumi)
  writeTools({
    node: process.execPath,
    pulumi,
    ...defined({ pulumiVersion }),
    venv,
    goss: gossFile,
    ...defined({ qemu, checksVenv }),
    ...plugin,
    stamp: makeStamp(needs),
  })
}

async function runTask<T>(display: SetupDisplay, name: string, task: SetupTask<T>): Promise<T> {
  return 'have' in task ? task.have : display.follow(name, task.todo, (report) => task.run(report))
}

/** Waits for all promises. If some failed, throws an AggregateError with all errors. */
async function all<T extends readonly unknown[]>(work: readonly [...T]): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(work)
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  const unique = [...new Set(errors)]
  if (unique.length > 0) throw new AggregateError(unique)
  return results.map((result) => (result.status === 'fulfilled' ? result.value : undefined)) as { -readonly [K in keyof T]: Awaited<T[K]> }
}

function writeTools(tools: Tools & { readonly stamp: Stamp }): void {
  const aside = `${toolsFile()}.${process.pid}`
  mkdirSync(dirname(aside), { recursive: true })
  writeFileSync(aside, `${JSON.stringify(tools, null, 2)}\n`)
  renameSync(aside, toolsFile())
}

function withEarlier(needs: Needs, earlier: Needs | undefined): Needs {
  const either = (need: keyof Needs): boolean => needs[need] || (earlier?.[need] ?? false)
  return { machines: either('machines'), debian: either('debian'), checks: either('checks') }
}

/** One error for several: a MissingError that lists all missing tools; or SetUpFailed with the first other error, if there is one. */
function explain(error: unknown): BakehouseError {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
  const missing = errors.filter((each) => each instanceof MissingError)
  const other = errors.find((each) => !(each instanceof MissingError))
  if (other !== undefined) {
    const hint = findSystemProblem(other)?.hint ?? `see ${join(homeFolder(), 'setup.log')}`
    return new SetUpFailed(`Set-up failed: ${messageOf(other)}`, { hint, cause: other })
  }
  const hint = missing.flatMap((each) => each.hint ?? []).join('\n')
  return new MissingError(missing.map(messageOf).join('\n'), { hint, cause: error })
}

/** A function that prints a text to stderr on its first call only. */
function reportOnce(): (text: string) => void {
  let said = false
  return (text) => {
    if (!said) say(`Set-up: ${text}`)
    said = true
  }
}
