import { join } from 'node:path'
import { failureOf, run } from '../core/exec.ts'
import { quoteShell } from '../core/quote.ts'
import type { Connection } from '../guest/ssh/ssh.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { SuiteReport } from '../model/suite-result.ts'
import { disagreement, judgeAnswer, outOfTime, suiteReport, type ToolAnswer } from './judge.ts'
import { parseJunit } from './junit.ts'
import { reportFile, requireSuiteFile } from './suite-file.ts'
import type { SuiteContext, Verifier } from './verifier.ts'

/** testinfra: pytest on this computer. Its commands run over the shared connection. */
export const testinfra: Verifier = { name: 'testinfra', systems: ['linux'], files: { testinfra: 'any' }, run: runTestinfra }

async function runTestinfra(given: SuiteContext): Promise<SuiteReport> {
  const { context, connection, suite, slug, timeoutMs, clear = Promise.resolve() } = given
  const { folder } = context.request.family
  const path = requireSuiteFile(given, suite.file)
  using report = reportFile(join(context.folder, buildFiles.junit, `${slug}.raw.xml`))
  const stream = context.redactor.stream()
  const lines: string[] = [`\n--- ${slug}\n`]
  const result = await run(join(context.venv, 'bin/python'), testinfraArguments({ connection, path, report: report.path, slug }), {
    cwd: folder,
    env: { PYTHONDONTWRITEBYTECODE: '1', PY_COLORS: '0', PYTHONPATH: join(import.meta.dirname, 'testinfra_plugin') },
    signal: context.signal,
    timeoutMs,
    // The pytest plugin waits for this line before it runs a command.
    input: clear.then(() => 'clear\n'),
    onLine: (line) => lines.push(stream.push(`${line}\n`)),
  })
  context.log(`${lines.join('')}${stream.end()}`)
  if (result.timedOut) return outOfTime
  return parseTestinfra({ report: report.read(), exitCode: result.exitCode, said: failureOf(result) }, connection.host.address)
}

/** Arguments of Python for a pytest run on one machine. The pytest settings of the project apply. */
export function testinfraArguments(spec: {
  readonly connection: Pick<Connection, 'host' | 'options'>
  readonly path: string
  readonly report: string
  readonly slug: string
}): string[] {
  const { host, options } = spec.connection
  return [
    '-m',
    'pytest',
    '-p',
    'bakehouse_shell',
    '-p',
    'no:cacheprovider',
    `--hosts=ssh://${host.user}@${host.address}:${host.port}`,
    `--ssh-extra-args=${options.map(quoteShell).join(' ')}`,
    ...(host.user === 'root' ? [] : ['--sudo']),
    `--junitxml=${spec.report}`,
    '-o',
    `junit_suite_name=${spec.slug}`,
    '--tb=short',
    spec.path,
  ]
}

/** Exit codes of pytest: 0 passed, 1 failed, 2 interrupted, 3 internal error, 4 usage error, 5 no tests. */
export function parseTestinfra(answer: ToolAnswer, address: string): SuiteReport {
  if (answer.exitCode === 5) return { cases: [] }
  return judgeAnswer('pytest', answer, (text) => {
    const cases = parseJunit(text, (name, group) => plainName(name || group, address))
    return suiteReport(cases, disagreement(answer.exitCode, cases))
  })
}

/** `test_time[ssh://10.0.0.1-utc]` becomes `test_time[utc]`: the suite name already contains the machine. */
function plainName(name: string, address: string): string {
  return name.replace(`[ssh://${address}]`, '').replace(`[ssh://${address}-`, '[')
}
