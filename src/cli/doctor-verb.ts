import { checkProject } from '../bakehouse.ts'
import { readToolVersion } from '../core/program.ts'
import type { Finding } from '../model/finding.ts'
import { paintOut, print, printJson, renderColumns } from './output.ts'

/** Looks at tools, disk and families. Exit code 3 where a tool is missing, 2 where only a family is wrong. */
export async function runDoctor({ json }: { readonly json: boolean }): Promise<number> {
  const { tools, families } = await checkProject()
  const findings: Finding[] = [{ name: 'bakehouse', status: 'ok', detail: readToolVersion() }, ...tools, ...families]
  if (json) printJson(findings)
  else for (const line of renderFindings(findings)) print(line)
  if (tools.some(({ status }) => status === 'missing')) return 3
  return families.some(({ status }) => status === 'missing') ? 2 : 0
}

/** A line for each thing, and what to do under those that are not well. */
export function renderFindings(findings: readonly Finding[]): string[] {
  const marks = { ok: paintOut('green', '✓'), warning: paintOut('yellow', '!'), missing: paintOut('red', '✗') } as const
  const lines = renderColumns(findings.map(({ name, detail }) => [name, detail.split('\n')[0] ?? '']))
  return findings.flatMap(({ status, hint }, index) => [
    `${marks[status]} ${lines[index]}`,
    ...(status !== 'ok' && hint ? [`  ${hint}`] : []),
  ])
}
