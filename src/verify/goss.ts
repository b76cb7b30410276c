import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { findVariable } from '../core/environment.ts'
import { messageOf, RejectedError, UsageError } from '../core/errors.ts'
import { failureOf } from '../core/exec.ts'
import { resolveInside } from '../core/inside.ts'
import { quoteShell } from '../core/quote.ts'
import { readTools } from '../core/tools.ts'
import { copyToGuest, runInGuest } from '../guest/ssh/ssh.ts'
import type { CaseResult, SuiteReport } from '../model/suite-result.ts'
import { disagreement, judgeAnswer, outOfTime, suiteReport } from './judge.ts'
import { parseJunit } from './junit.ts'
import { requireSuiteFile } from './suite-file.ts'
import type { SuiteContext, Verifier } from './verifier.ts'

/** The path of goss on machines: in memory, and, unlike /run, not mounted with noexec. */
const binary = '/dev/shm/bakehouse-goss'

/** goss: a static binary that is copied into the memory of the machine, runs there, and is removed. */
export const goss: Verifier = {
  name: 'goss',
  systems: ['linux'],
  files: { goss: 'file' },
  keys: ({ mapping }) => ({ variables: mapping.default({}).describe('Variables for the goss file, used as {{ .Vars.name }}.') }),
  run: runGoss,
}

const copies = new Map<string, Promise<void>>()

/** Copies the binary once per boot of a machine, for all suites. It is in memory, which the hygiene checks do not search. */
async function prepare({ connection, boots = 1 }: SuiteContext): Promise<void> {
  const key = `${connection.controlPath} ${boots}`
  const copy = copies.get(key) ?? sendBinary(connection)
  copies.set(key, copy)
  await copy
}

async function sendBinary(connection: SuiteContext['connection']): Promise<void> {
  const result = await copyToGuest(connection, findGoss(), binary)
  if (result.exitCode !== 0) throw new RejectedError(`goss could not be copied to the machine: ${failureOf(result)}`)
}

async function runGoss(suite: SuiteContext): Promise<SuiteReport> {
  await prepare(suite)
  await suite.clear
  const { context, connection } = suite
  const file = requireSuiteFile(suite, suite.suite.file)
  const { variables } = suite.suite.options as { readonly variables: Readonly<Record<string, unknown>> }
  const script = gossScript({
    files: readFiles(context.request.family.folder, file),
    gossfile: basename(file),
    variables,
    slug: suite.slug,
    timeoutMs: suite.timeoutMs,
  })
  const result = await runInGuest(connection, script, { signal: context.signal, timeoutMs: suite.timeoutMs })
  context.log(`\n--- ${suite.slug} (exit code ${result.exitCode})\n${result.stdout}${result.stderr}`)
  if (result.timedOut) return outOfTime
  return parseGoss(result.stdout, result.exitCode, failureOf(result))
}

/** A shell script that writes the files to a folder in memory, runs goss on them, and removes them. */
export function gossScript(spec: {
  readonly files: Readonly<Record<string, string>>
  readonly gossfile: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly slug: string
  readonly timeoutMs: number
}): string {
  const folder = `/dev/shm/bakehouse-suite-${spec.slug}`
  const all = { ...spec.files, 'bakehouse-variables.json': JSON.stringify(spec.variables) }
  const writes = Object.entries(all).map(([name, text]) => {
    const path = quoteShell(`${folder}/${name}`)
    return `base64 -d >${path} <<'END_OF_FILE'\n${Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\n')}\nEND_OF_FILE`
  })
  const folders = [...new Set(Object.keys(all).map((name) => dirname(`${folder}/${name}`)))].map(quoteShell).join(' ')
  return [
    `trap 'rm -rf ${folder}' EXIT`,
    `mkdir -p ${folders}`,
    ...writes,
    `cd ${folder} && ${gossArguments(spec).map(quoteShell).join(' ')}`,
  ].join('\n')
}

/** goss retries for a short time, within the time of the suite, because a service may still be starting. */
export function gossArguments(spec: { readonly gossfile: string; readonly timeoutMs: number }): string[] {
  const retry = Math.max(1, Math.min(5, Math.floor(spec.timeoutMs / 2000)))
  const files = ['--gossfile', spec.gossfile, '--vars', 'bakehouse-variables.json']
  return [binary, ...files, 'validate', '--format', 'junit', '--no-color', '--retry-timeout', `${retry}s`, '--sleep', '500ms']
}

/** Parses the report of goss. It prints one document per attempt; the last one counts. */
export function parseGoss(stdout: string, exitCode: number, said: string): SuiteReport {
  const start = stdout.lastIndexOf('<?xml')
  const end = stdout.lastIndexOf('</testsuite>')
  const report = start < 0 || end < start ? undefined : stdout.slice(start, end + '</testsuite>'.length)
  return judgeAnswer('goss', { report, exitCode, said }, (text) => {
    const cases = parseJunit(text).map(readable)
    return suiteReport(cases, disagreement(exitCode, cases))
  })
}

/** For the case `Service nginx running`, `Service: nginx: running: Expected false to equal true` becomes `expected true, got false`. */
function readable(one: CaseResult): CaseResult {
  if (one.message === undefined) return one
  const words = one.name.split(' ')
  const flat = one.message
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim()
  const prefix = `${words[0]}: ${words.slice(1, -1).join(' ')}: ${words.at(-1)}: `
  const rest = flat.startsWith(prefix) ? flat.slice(prefix.length) : flat
  return { ...one, message: rest.replace(/^Expected (.+) to equal (.+)$/, 'expected $2, got $1') }
}

/** The file of the suite and the YAML files in its folder: a goss file can include others. */
function readFiles(folder: string, file: string): Record<string, string> {
  try {
    const names = readdirSync(dirname(file)).filter((name) => /\.(ya?ml|json)$/.test(name) || name === basename(file))
    const read = (name: string): string => readFileSync(resolveInside(folder, relative(folder, join(dirname(file), name))), 'utf8')
    return Object.fromEntries(names.map((name) => [name, read(name)]))
  } catch (cause) {
    throw new UsageError(`cannot read the suite ${file}: ${messageOf(cause)}`, { cause })
  }
}

/** The static goss binary for machines: `BAKEHOUSE_GOSS`, or the one that set-up installed. */
export function findGoss(): string {
  return findVariable('BAKEHOUSE_GOSS') ?? readTools().goss
}
