import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { commandLine } from '../core/program.ts'
import { type BuildRemains, ofBuild } from '../life/remove-build.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { Trouble } from '../model/ending.ts'
import type { Phase } from '../model/phases.ts'
import { againArguments } from '../model/request.ts'
import type { Plan } from './plan.ts'

/** What of the build folder goes into the bundle: the story of the build, its logs, the reports of its suites. */
const copied = [buildFiles.events, buildFiles.logs, buildFiles.junit, buildFiles.steps] as const

/**
 * Completes the folder of diagnostics, so that it can be handed on as it is: what machines and cloud told is redacted,
 * events, logs and reports stand beside it, and a page says what failed and how to see it again.
 */
export async function completeBundle(plan: Plan, failure: { phase: Phase | undefined; trouble: Trouble }): Promise<void> {
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
    `  ${commandLine(...againArguments(plan.request))}`,
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

/** A guest writes any bytes to its console: they are read byte by byte, so that those that are no text stay as they are. */
async function redactFiles(folder: string, redact: (text: string) => string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (!entry.isFile() || pictures.includes(extname(entry.name))) continue
    const text = await readFile(path, 'latin1')
    const clean = redact(text)
    if (clean !== text) await writeFile(path, clean, 'latin1')
  }
}

/** What the cloud can tell of the machines of a build from outside, as files in the folder of diagnostics. */
export async function diagnose(remains: BuildRemains, report: (line: string) => void): Promise<void> {
  const folder = join(remains.folder, buildFiles.diagnostics)
  for (const created of await ofBuild(remains)) {
    if (!created.diagnose) continue
    await mkdir(folder, { recursive: true })
    await created.diagnose(folder).catch((error: unknown) => report(`no diagnostics of ${created.id}: ${messageOf(error)}`))
  }
}
