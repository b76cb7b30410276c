import { spawn } from 'node:child_process'
import { closeSync, createWriteStream, openSync } from 'node:fs'
import { Readable } from 'node:stream'
import { execa } from 'execa'
import { defined } from './defined.ts'
import { onLines } from './lines.ts'
import { passOn } from './output.ts'
import { reasonLine } from './reason-line.ts'

/** Options of a command. */
export interface RunOptions {
  readonly cwd?: string
  /** Variables to add to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** The whole environment of the command, instead of that of this process. */
  readonly onlyEnv?: Readonly<Record<string, string>>
  /** Its standard input. A promise may settle while the command runs. */
  readonly input?: string | Promise<string>
  /** A file as its standard input. */
  readonly inputFile?: string
  /** A file for its standard output (mode 0600). */
  readonly outputFile?: string
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Limit of characters per output stream. The command is killed if it writes more. Default: 100 million. */
  readonly longestOutput?: number
  /** Called for each line of stdout and stderr, immediately. */
  readonly onLine?: (line: string) => void
  /** A file to which both streams are appended. */
  readonly logFile?: string
}

/** The result of a command that was started. */
export interface RunResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
  /** It wrote more than the limit and was killed. The output is truncated. */
  readonly overflowed: boolean
}

/** Runs a command. A non-zero exit code is a result; a command that cannot be started throws. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  using files = openFiles(options)
  const child = execa(command, [...args], {
    reject: false,
    stripFinalNewline: false,
    ...defined({ cwd: options.cwd, env: options.onlyEnv ?? options.env, extendEnv: options.onlyEnv === undefined ? undefined : false }),
    ...(options.input === undefined
      ? { stdin: files.input ?? ('ignore' as const) }
      : { input: typeof options.input === 'string' ? options.input : Readable.from([options.input]) }),
    ...defined({ stdout: files.output, cancelSignal: options.signal, timeout: options.timeoutMs, maxBuffer: options.longestOutput }),
  })
  const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a', mode: 0o600 })
  for (const stream of [child.stdout, child.stderr]) {
    if (log) stream?.on('data', (chunk: Buffer) => log.write(chunk))
    if (options.onLine) onLines(stream, options.onLine)
  }
  const result = await child
  await new Promise<void>((done) => (log ? log.end(done) : done()))
  const { timedOut, isMaxBuffer: overflowed } = result
  if (result.exitCode === undefined && !timedOut && !overflowed && !result.isCanceled && !result.isTerminated) {
    throw result.cause ?? new Error(result.shortMessage)
  }
  const [stdout, stderr] = [text(result.stdout), text(result.stderr)].map((all) => (overflowed ? wholeLines(all) : all)) as [string, string]
  return { exitCode: result.exitCode ?? 255, stdout, stderr, timedOut, overflowed }
}

/** The names of signals in the types of execa. */
type Descriptor = 3 | 4 | 5 | 6 | 7 | 8 | 9

/** Connects the files directly to the command; their content does not pass through this process. */
function openFiles({ inputFile, outputFile }: RunOptions): Disposable & { readonly input?: Descriptor; readonly output?: Descriptor } {
  const files = defined({
    input: inputFile === undefined ? undefined : (openSync(inputFile, 'r') as Descriptor),
    output: outputFile === undefined ? undefined : (openSync(outputFile, 'w', 0o600) as Descriptor),
  })
  return { ...files, [Symbol.dispose]: () => Object.values(files).forEach(closeSync) }
}

/**
 * Runs an interactive command and returns its exit code. The command handles Ctrl-C. It writes to the terminal itself. Output to anything
 * else, such as the log of a CI job, is passed on without effects.
 */
export async function runInTerminal(command: string, args: readonly string[], options: Pick<RunOptions, 'cwd' | 'env'>): Promise<number> {
  const leaveIt = (): void => {}
  process.on('SIGINT', leaveIt)
  const [stdout, stderr] = [process.stdout, process.stderr].map(({ isTTY }) => (isTTY ? ('inherit' as const) : ('pipe' as const)))
  const child = execa(command, [...args], { reject: false, stdin: 'inherit', ...defined({ stdout, stderr }), buffer: false, ...options })
  onLines(child.stdout, (line) => passOn(process.stdout, line))
  onLines(child.stderr, (line) => passOn(process.stderr, line))
  const result = await child
  process.off('SIGINT', leaveIt)
  if (result.exitCode === undefined && !result.isTerminated) throw result.cause ?? new Error(result.shortMessage)
  return result.exitCode ?? 130
}

/**
 * Runs a command that may start a background process, such as `ssh -f`. Returns the exit code of the foreground process; 255 if the signal
 * or the time-out ended it. Output goes to a file, because the background process would keep pipes of this process open.
 */
export async function runInBackground(
  command: string,
  args: readonly string[],
  options: Pick<RunOptions, 'signal' | 'timeoutMs'> & { readonly logFile: string },
): Promise<number> {
  const { logFile, signal, timeoutMs } = options
  const log = openSync(logFile, 'a', 0o600)
  return new Promise<number>((resolve, reject) => {
    const child = spawn(command, [...args], {
      stdio: ['ignore', log, log],
      detached: true,
      ...defined({ signal, timeout: timeoutMs }),
    })
    child.once('error', (error) => (signal?.aborted ? resolve(255) : reject(error)))
    child.once('exit', (code) => resolve(code ?? 255))
  }).finally(() => closeSync(log))
}

/** Runs a command that must succeed and returns its standard output. Throws with the reason in its standard error. */
export async function runTool(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, args, options)
  if (result.exitCode === 0) return result.stdout
  const why = result.timedOut ? `did not end within ${options.timeoutMs} ms` : `exit ${result.exitCode}`
  const reason = reasonLine(result.stderr)
  throw new Error(`${command} ${args[0] ?? ''}: ${why}${reason && `: ${reason}`}`)
}

/** Shortens a text to whole lines, because a secret that is cut in two would not be redacted. */
function wholeLines(cut: string): string {
  return cut.slice(0, cut.lastIndexOf('\n') + 1)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Why a command failed, in one line: from its output, or because it was stopped. */
export function failureOf({ stderr, stdout, timedOut, overflowed }: RunResult): string {
  if (timedOut) return 'it did not end in time'
  if (overflowed) return 'it wrote too much output'
  return reasonLine(stderr, stdout) || 'it printed nothing'
}
