import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildFiles } from '../model/build-folder.ts'
import type { CaseResult } from '../model/suite-result.ts'

/** What hygiene found on the base machine, before the playbook ran: messages by check. */
export type BaseFindings = Readonly<Record<string, string>>

/** Saves the findings of these checks in the build folder, for verify. */
export function writeBaseFindings(buildFolder: string, cases: readonly CaseResult[], checks: readonly string[]): void {
  const found = cases.filter(({ name, status }) => status === 'failed' && checks.includes(name))
  const findings: BaseFindings = Object.fromEntries(found.map(({ name, message = '' }) => [name, message]))
  writeFileSync(join(buildFolder, buildFiles.baseFindings), `${JSON.stringify(findings, undefined, 2)}\n`)
}

/** The saved findings. There are none if the base image is one of this program. */
export function readBaseFindings(buildFolder: string): BaseFindings {
  const file = join(buildFolder, buildFiles.baseFindings)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BaseFindings) : {}
}

/** The cases, in which a finding that the base machine already had counts as passed, with a hint. */
export function passInherited(cases: readonly CaseResult[], base: BaseFindings): CaseResult[] {
  return cases.map((one) => {
    const inBase = one.status === 'failed' ? base[one.name] : undefined
    if (inBase === undefined || !isInherited(one.message ?? '', inBase)) return one
    return { ...one, status: 'passed', message: `hint: the base image has it too: ${one.message}` }
  })
}

/** A message names only the first five of its findings. From five on, there can be one that the base does not have. */
const named = 5

function isInherited(message: string, inBase: string): boolean {
  const [items, known] = [itemsOf(message), itemsOf(inBase)]
  if (items && known) return items.length > 0 && items.length < named && items.every((item) => known.includes(item))
  return maskNumbers(message) === maskNumbers(inBase)
}

/** The paths, units, accounts or packages that a message lists; undefined if it is a sentence. */
function itemsOf(message: string): string[] | undefined {
  const [, list] = /^(?:found|.*failed units:) (.*)$/s.exec(message) ?? []
  return list?.split(/\s+/).filter(Boolean)
}

/** Sizes in a sentence may differ: the playbook of a family installs something. */
function maskNumbers(sentence: string): string {
  return sentence.replaceAll(/\d+/g, '0')
}
