import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { stateCommandLine } from '../core/program.ts'
import { type BuildRemains, ofBuild } from '../life/remove-build.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { Trouble } from '../model/ending.ts'
import type { Phase } from '../model/phases.ts'
import { againArguments } from '../model/request.ts'
import type { Plan } from './plan.ts'

/** Files of the build folder that are copied to the diagnostics: events, logs, test reports and step results. */
const copied = [buildFiles.events, buildFiles.logs, buildFiles.junit, buildFiles.steps] as const

/**
 * Completes the diagnostics folder, so that a user can send it to others: redacts the files of machines and cloud, copies events, logs
 * and reports, and writes README.txt with the cause and the command that repeats the build.
 */
export async function completeDiagnostics(plan: Plan, failure: { phase: Phase | undefined; trouble: Trouble }): Promise<void> {
  const folder = join(plan.folder, buildFiles.diagnostics)
  await mkdir(folder, { recursive: true })
  await redactFiles(folder, plan.redactor.text)
  for (const name of copied) await cp(join(plan.folder, name), join(folder, name), { recursive: true }).catch(() => {})
  const names = (await readdir(folder)).filter((name) => name !== readme).sort()
  await writeFile(join(folder, readme), renderReadme(plan, failure, names))
}

const readme = 'README.txt'

function renderReadme(plan: Plan, { phase, trouble }: { phase: Phase | undefined; trouble: Trouble }, names: readonly string[]): string {
  return [
    `${plan.family.name} ${plan.version}: ${plan.redactor.text(renderTrouble(trouble, phase))}`,
    '',
    'To repeat the build and keep the machine for inspection:',
    `  ${stateCommandLine(...againArguments(plan.request))}`,
    '',
    'Files:',
    ...names.map((name) => `  ${name}`),
    '',
  ].join('\n')
}

function renderTrouble(trouble: Trouble, phase: Phase = 'resolve'): string {
  if (trouble.kind === 'cancelled') return `cancelled during ${phase}`
  if (trouble.kind === 'interrupted') return `${phase} was interrupted by ${trouble.by}`
  return `${phase} failed: ${trouble.kind === 'missing' ? trouble.what : trouble.why}`
}

const pictures: readonly string[] = ['.png', '.jpg']

/** Redacts the files of a folder. They are read as latin1, because a console can contain any bytes and other bytes must not change. */
async function redactFiles(folder: string, redact: (text: string) => string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (!entry.isFile() || pictures.includes(extname(entry.name))) continue
    const text = await readFile(path, 'latin1')
    const clean = redact(text)
    if (clean !== text) await writeFile(path, clean, 'latin1')
  }
}

/** Writes what the cloud knows about the machines of a build (console, screenshot) to the diagnostics folder. */
export async function saveConsoles(remains: BuildRemains, report: (line: string) => void): Promise<void> {
  const folder = join(remains.folder, buildFiles.diagnostics)
  for (const created of await ofBuild(remains)) {
    if (!created.saveConsole) continue
    await mkdir(folder, { recursive: true })
    await created.saveConsole(folder).catch((error: unknown) => report(`cannot collect diagnostics of ${created.id}: ${messageOf(error)}`))
  }
}
