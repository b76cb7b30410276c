import { checkProject } from '../bakehouse.ts'
import { startsWithPlace } from '../core/error-lines.ts'
import { paintOut, print, printJson, renderColumns } from '../core/output.ts'
import { readToolVersion } from '../core/program.ts'
import type { Finding } from '../model/finding.ts'

/** Checks tools, disk space and families, and prints the results. Exit code: 3 if a tool is missing; 2 if only a family has a mistake. */
export async function runDoctor({ json }: { readonly json: boolean }): Promise<number> {
  const { tools, families } = await checkProject()
  const findings: Finding[] = [{ name: 'bakehouse', status: 'ok', detail: readToolVersion() }, ...tools, ...families]
  if (json) printJson(findings)
  else for (const line of renderFindings(findings)) print(line)
  if (tools.some(({ status }) => status === 'missing')) return 3
  return families.some(({ status }) => status === 'missing') ? 2 : 0
}

/** One line per check. Below each check that did not pass: further mistakes in the same file, and a hint. */
export function renderFindings(findings: readonly Finding[]): string[] {
  const marks = { ok: paintOut('green', '✓'), warning: paintOut('yellow', '!'), missing: paintOut('red', '✗') } as const
  const lines = renderColumns(findings.map(({ name, detail }) => [name, detail.split('\n')[0] ?? '']))
  return findings.flatMap(({ status, detail, hint }, index) => [
    `${marks[status]} ${lines[index]}`,
    ...furtherMistakes(detail).map((line) => `  ${line}`),
    ...(status !== 'ok' && hint ? [`  hint: ${hint}`] : []),
  ])
}

/** The other lines of a detail that names several mistakes in a file. The other lines of a tool's output are left out. */
function furtherMistakes(detail: string): string[] {
  const [first = '', ...rest] = detail.split('\n')
  return startsWithPlace(first) ? rest : []
}
