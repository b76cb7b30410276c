import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BakehouseError, messageOf } from '../core/errors.ts'
import { homeFolder } from '../core/paths.ts'
import { printableLines } from '../core/printable.ts'
import { keepFilesPrivate } from '../core/private-files.ts'
import { type Tools, toolsFile } from '../core/tools.ts'
import { engineEnvironment } from '../engine/environment.ts'
import { engineVersion } from '../engine/version.ts'
import { setUpCommandPlugin } from './command-plugin.ts'
import { type Progress, startProgress } from './display.ts'
import { planGoss } from './goss.ts'
import { findEngineVersion, planEngine } from './pulumi-engine.ts'
import { hasVenv, planVenv } from './python.ts'
import type { Plan } from './step.ts'
import { planSystemPackages } from './system-packages.ts'

/** Puts every tool in place and writes down where it is. Looks at all of them first, so that what cannot be had is said at once. */
async function setUp(withChecks: boolean): Promise<void> {
  mkdirSync(homeFolder(), { recursive: true })
  const [system, engine, ansible, checks, goss] = await all([
    planSystemPackages(),
    planEngine(),
    planVenv('ansible'),
    withChecks || hasVenv('checks') ? planVenv('checks') : undefined,
    planGoss(),
  ])
  using progress = startProgress()
  const packages = carryOut(progress, 'QEMU and disk tools', system)
  // Python may be among the packages.
  const afterPackages = <T>(name: string, plan: Plan<T>): Promise<T> => packages.then(() => carryOut(progress, name, plan))
  const [qemu, pulumi, venv, checksVenv, gossFile] = await all([
    packages,
    carryOut(progress, `Pulumi engine ${engineVersion}`, engine),
    afterPackages('Ansible', ansible),
    checks && afterPackages('Tools for the tests', checks),
    carryOut(progress, 'goss', goss),
  ])
  engineEnvironment()
  const plugin = await setUpCommandPlugin(pulumi)
  const pulumiVersion = findEngineVersion(pulumi)
  writeTools({
    node: process.execPath,
    pulumi,
    ...(pulumiVersion && { pulumiVersion }),
    venv,
    goss: gossFile,
    qemu,
    ...plugin,
    ...(checksVenv && { checksVenv }),
  })
}

async function carryOut<T>(progress: Progress, name: string, plan: Plan<T>): Promise<T> {
  return 'have' in plan ? plan.have : progress.follow(name, plan.todo, (report) => plan.run(report))
}

/** Waits for all of them, then throws every error there was: one message names all that is missing. */
async function all<T extends readonly unknown[]>(work: readonly [...T]): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(work)
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  const unique = [...new Set(errors)]
  if (unique.length > 0) throw new AggregateError(unique)
  return results.map((result) => (result.status === 'fulfilled' ? result.value : undefined)) as { -readonly [K in keyof T]: Awaited<T[K]> }
}

function writeTools(tools: Tools): void {
  const aside = `${toolsFile()}.${process.pid}`
  mkdirSync(dirname(aside), { recursive: true })
  writeFileSync(aside, `${JSON.stringify(tools, null, 2)}\n`)
  renameSync(aside, toolsFile())
}

/** What went wrong, as the user should read it, and the exit code: 3 when something is missing, 1 when we failed. */
function renderFailure(error: unknown): { lines: string[]; exitCode: number } {
  const errors = error instanceof AggregateError ? error.errors : [error]
  const lines = errors.flatMap((each: unknown) => [
    `Set-up: ${messageOf(each)}`,
    ...(each instanceof BakehouseError ? (each.hint ? [`  try: ${each.hint}`] : []) : [`  log: ${join(homeFolder(), 'setup.log')}`]),
  ])
  const code = errors.every((each: unknown) => each instanceof BakehouseError) ? 3 : 1
  return { lines, exitCode: code }
}

try {
  keepFilesPrivate()
  await setUp(process.argv.includes('--checks'))
} catch (error) {
  const { lines, exitCode } = renderFailure(error)
  process.stderr.write(`${lines.map((line) => printableLines(line).join('\n')).join('\n')}\n`)
  process.exitCode = exitCode
}
