import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { messageOf, UsageError } from '../../core/errors.ts'
import { run } from '../../core/exec.ts'
import type { Connection } from '../connect.ts'
import { shellQuote } from '../connect.ts'
import { buildFiles } from '../request.ts'
import { disagreement, type SuiteReport } from './judge.ts'
import { parseJunit } from './junit.ts'
import { type SuiteContext, suiteFile, type Verifier } from './verifier.ts'

/** testinfra: pytest on this machine, its commands over the shared connection. */
export const testinfra: Verifier = { run: runTestinfra }

async function runTestinfra({ context, connection, suite, slug, timeoutMs }: SuiteContext): Promise<SuiteReport> {
  const { folder } = context.request.family
  const path = resolve(folder, suiteFile(suite))
  if (!existsSync(path)) throw new UsageError(`the suite ${suiteFile(suite)} is not there`, { hint: path })
  const report = join(context.folder, buildFiles.junit, `${slug}.raw.xml`)
  rmSync(report, { force: true })
  const stream = context.redactor.stream()
  const lines: string[] = [`\n--- ${slug}\n`]
  const result = await run(join(context.venv, 'bin/python'), testinfraArguments({ connection, path, report, slug }), {
    cwd: folder,
    env: { PYTHONDONTWRITEBYTECODE: '1', PY_COLORS: '0', PYTHONPATH: join(import.meta.dirname, 'testinfra_plugin') },
    signal: context.signal,
    timeoutMs,
    onLine: (line) => lines.push(stream.push(`${line}\n`)),
  })
  context.log(`${lines.join('')}${stream.end()}`)
  if (result.timedOut) return { cases: [], problem: 'it did not end in time' }
  try {
    return readReport(report, result.exitCode, connection.host.address)
  } finally {
    rmSync(report, { force: true })
  }
}

/** Arguments of Python for a run of pytest on one machine. Project settings of pytest's own still count. */
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
    `--ssh-extra-args=${options.map(shellQuote).join(' ')}`,
    ...(host.user === 'root' ? [] : ['--sudo']),
    `--junitxml=${spec.report}`,
    '-o',
    `junit_suite_name=${spec.slug}`,
    '--tb=short',
    spec.path,
  ]
}

/** pytest's exit codes: 0 passed, 1 failed, 2 interrupted, 3 its own bug, 4 usage, 5 nothing collected. */
export function readReport(file: string, exitCode: number, address: string): SuiteReport {
  if (exitCode === 5) return { cases: [] }
  if (!existsSync(file)) return { cases: [], problem: `pytest gave no report (exit code ${exitCode})` }
  try {
    const cases = parseJunit(readFileSync(file, 'utf8')).map((one) => ({ ...one, name: plainName(one.name, address) }))
    const problem = disagreement(exitCode, cases)
    return problem === undefined ? { cases } : { cases, problem }
  } catch (error) {
    return { cases: [], problem: `pytest's report cannot be read: ${messageOf(error)}` }
  }
}

/** `verify.test_base test_time[ssh://10.0.0.1-utc]` is `test_time[utc]`: the machine is in the suite's name already. */
function plainName(name: string, address: string): string {
  const test = name.slice(name.lastIndexOf(' ', name.includes('[') ? name.indexOf('[') : name.length) + 1)
  return test.replace(`[ssh://${address}]`, '').replace(`[ssh://${address}-`, '[')
}
