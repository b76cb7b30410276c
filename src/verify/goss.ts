import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { findVariable } from '../core/environment.ts'
import { RejectedError } from '../core/errors.ts'
import { failureOf } from '../core/exec.ts'
import { quoteShell } from '../core/quote.ts'
import { readTools } from '../core/tools.ts'
import { copyToGuest, runInGuest } from '../guest/ssh/ssh.ts'
import type { SuiteReport } from '../model/suite-result.ts'
import { packSuite } from './goss-files.ts'
import { parseGoss } from './goss-report.ts'
import { outOfTime } from './judge.ts'
import { requireSuiteFile } from './suite-file.ts'
import type { SuiteContext, Verifier } from './verifier.ts'

/** The path of goss on machines: in memory, which the hygiene checks do not search. */
const binary = '/dev/shm/bakehouse-goss'

/**
 * goss: a static binary that is copied into the memory of the machine and runs there. It stays until the machine is powered off, for the next
 * suites; the files of each suite are removed after it.
 */
export const goss: Verifier = {
  name: 'goss',
  systems: ['linux'],
  files: { goss: 'file', variables: 'file' },
  keys: ({ file, mapping, oneOrBoth }) => ({
    variables: oneOrBoth(file.describe('A YAML or JSON file of variables.'), mapping)
      .default({})
      .describe(
        'Variables for the goss file, used as {{ .Vars.name }}: a mapping, a file of the family, or a list of both. The mapping replaces variables of the file.',
      ),
  }),
  run: runGoss,
}

const copies = new Map<string, Promise<void>>()

/** Copies the binary once per boot of a machine, for all suites. */
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
  const { family } = context.request
  const secrets = Object.values(family.configure.secrets).flatMap((secret) => ('file' in secret ? [join(family.folder, secret.file)] : []))
  const script = gossScript({
    archive: await packSuite(family.folder, file, secrets),
    gossfile: basename(file),
    ...readVariables(suite),
    slug: suite.slug,
    timeoutMs: suite.timeoutMs,
  })
  const result = await runInGuest(connection, script, { signal: context.signal, timeoutMs: suite.timeoutMs })
  context.log(`\n--- ${suite.slug} (exit code ${result.exitCode})\n${result.stdout}${result.stderr}`)
  if (result.timedOut) return outOfTime
  return parseGoss(result.stdout, result.exitCode, failureOf(result))
}

/** The variables of a suite: a mapping, a file, or both. */
function readVariables(suite: SuiteContext): Pick<GossSpec, 'variablesFile' | 'variables'> {
  const parts = [suite.suite.options.variables].flat() as (string | Readonly<Record<string, unknown>>)[]
  const variables = Object.assign({}, ...parts.filter((part) => typeof part === 'object')) as Record<string, unknown>
  const [file] = parts.filter((part) => typeof part === 'string')
  return file === undefined ? { variables } : { variables, variablesFile: readFileSync(requireSuiteFile(suite, file), 'utf8') }
}

interface GossSpec {
  /** A tar archive of the suite's folder. */
  readonly archive: Buffer
  readonly gossfile: string
  /** Content of a file of variables, JSON or YAML. */
  readonly variablesFile?: string
  /** Variables that replace those of the file. */
  readonly variables: Readonly<Record<string, unknown>>
  readonly slug: string
  readonly timeoutMs: number
}

/**
 * A shell script that unpacks the suite in memory, runs goss on it, and removes it. Hardened machines mount /dev/shm with noexec: there
 * it uses a file system of its own, because changing /dev/shm would change what the suite tests.
 */
function gossScript(spec: GossSpec): string {
  const name = `bakehouse-suite-${spec.slug}`
  return [
    `suite=/dev/shm/${name} goss=${binary}`,
    `clean() { cd / && rm -rf "$suite"; }`,
    `trap clean EXIT`,
    `if ! "$goss" --version >/dev/null 2>&1; then`,
    `  suite=/run/${name}`,
    `  clean() { cd / && umount "$suite" && rmdir "$suite"; }`,
    `  mkdir -p "$suite" && mount -t tmpfs -o mode=0700,exec tmpfs "$suite" && cp "$goss" "$suite/.bakehouse-goss" || exit 1`,
    `  goss=$suite/.bakehouse-goss`,
    `fi`,
    `mkdir -p "$suite" && cd "$suite" || exit 1`,
    `base64 -d <<'END_OF_FILE' | tar -xf - || exit 1\n${encode(spec.archive)}\nEND_OF_FILE`,
    ...(spec.variablesFile === undefined
      ? []
      : [`base64 -d >${variablesName} <<'END_OF_FILE'\n${encode(Buffer.from(spec.variablesFile))}\nEND_OF_FILE`]),
    `"$goss" ${gossArguments(spec).map(quoteShell).join(' ')}`,
  ].join('\n')
}

const variablesName = '.bakehouse-variables'

function encode(content: Buffer): string {
  return content.toString('base64').replace(/.{76}/g, '$&\n')
}

/** goss retries for a short time, within the time of the suite, because a service may still be starting. */
export function gossArguments(spec: Pick<GossSpec, 'gossfile' | 'variablesFile' | 'variables' | 'timeoutMs'>): string[] {
  const retry = Math.max(1, Math.min(5, Math.floor(spec.timeoutMs / 2000)))
  const file = spec.variablesFile === undefined ? [] : ['--vars', variablesName]
  const inputs = ['--gossfile', spec.gossfile, ...file, '--vars-inline', JSON.stringify(spec.variables)]
  return [...inputs, 'validate', '--format', 'junit', '--no-color', '--retry-timeout', `${retry}s`, '--sleep', '500ms']
}

/** The static goss binary for machines: `BAKEHOUSE_GOSS`, or the one that set-up installed. */
export function findGoss(): string {
  return findVariable('BAKEHOUSE_GOSS') ?? readTools().goss
}
