import { readFileSync } from 'node:fs'
import { quoteShell } from '../../src/core/quote.ts'
import { runInGuest } from '../../src/guest/ssh/ssh.ts'
import type { SuiteReport } from '../../src/model/suite-result.ts'
import { outOfTime } from '../../src/verify/judge.ts'
import { requireSuiteFile } from '../../src/verify/suite-file.ts'
import type { SuiteContext, Verifier } from '../../src/verify/verifier.ts'

/** A shell script, run in the machine. It is one case: exit code 0 passes. */
export const shell: Verifier = {
  name: 'shell',
  systems: ['linux'],
  files: { shell: 'file' },
  keys: ({ mapping }) => ({ arguments: mapping.default({}) }),
  run: runShell,
}

async function runShell(given: SuiteContext): Promise<SuiteReport> {
  await given.clear
  const { context, connection, suite, timeoutMs } = given
  const values = Object.entries(suite.options.arguments as Readonly<Record<string, unknown>>)
  const assignments = values.map(([name, value]) => `${name}=${quoteShell(String(value))}\n`).join('')
  const script = `${assignments}${readFileSync(requireSuiteFile(given, suite.file), 'utf8')}`
  const { exitCode, timedOut, stderr } = await runInGuest(connection, script, { signal: context.signal, timeoutMs })
  if (timedOut) return outOfTime
  const verdict = exitCode === 0 ? { status: 'passed' as const } : { status: 'failed' as const, message: stderr.trim() }
  return { cases: [{ name: suite.file, durationMs: 0, ...verdict }] }
}
