import { findProblems } from './doctor-checks.ts'
import { paintOut, print, printJson, renderColumns } from './output.ts'

/** Checks what a bake needs. Exit code 3 where something is missing. */
export async function runDoctor({ json }: { readonly json: boolean }): Promise<number> {
  const checks = await findProblems()
  if (json) printJson(checks)
  else {
    const lines = renderColumns(checks.map(({ what, found }) => [what, found.split('\n')[0] ?? '']))
    for (const [index, { ok, hint }] of checks.entries()) {
      print(`${ok ? paintOut('green', '✓') : paintOut('red', '✗')} ${lines[index]}`)
      if (!ok && hint) print(`  ${hint}`)
    }
  }
  return checks.every(({ ok }) => ok) ? 0 : 3
}
