import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { execa } from 'execa'

export interface RunOptions {
  readonly cwd?: string
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** What it reads; a promise is waited for while it runs. */
  readonly input?: string | Promise<string>
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Called with each line of stdout and stderr, as it comes. */
  readonly onLine?: (line: string) => void
  /** Both streams, appended to this file. */
  readonly logFile?: string
}

export interface RunResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
}

/** Runs a command to its end; a non-zero exit is a result, a command that cannot be started throws. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = execa(command, [...args], {
    reject: false,
    stripFinalNewline: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.input === undefined
      ? { stdin: 'ignore' as const }
      : { input: typeof options.input === 'string' ? options.input : Readable.from([options.input]) }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  })
  const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a', mode: 0o600 })
  for (const stream of [child.stdout, child.stderr]) {
    if (log) stream?.on('data', (chunk: Buffer) => log.write(chunk))
    if (options.onLine) onLines(stream, options.onLine)
  }
  const result = await child
  await new Promise<void>((done) => (log ? log.end(done) : done()))
  if (result.exitCode === undefined && !result.timedOut && !result.isCanceled && !result.isTerminated) {
    throw result.cause ?? new Error(result.shortMessage)
  }
  return { exitCode: result.exitCode ?? 255, stdout: text(result.stdout), stderr: text(result.stderr), timedOut: result.timedOut }
}

/** Runs a command that the user talks to; its exit code. Ctrl-C is the command's to answer. */
export async function runInTerminal(command: string, args: readonly string[], options: Pick<RunOptions, 'cwd' | 'env'>): Promise<number> {
  const leaveIt = (): void => {}
  process.on('SIGINT', leaveIt)
  const result = await execa(command, [...args], { reject: false, stdio: 'inherit', ...options })
  process.off('SIGINT', leaveIt)
  if (result.exitCode === undefined && !result.isTerminated) throw result.cause ?? new Error(result.shortMessage)
  return result.exitCode ?? 130
}

/** Runs a command that must succeed; its standard output. Throws with the end of its standard error. */
export async function runTool(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, args, options)
  if (result.exitCode === 0) return result.stdout
  const why = result.timedOut ? `did not end within ${options.timeoutMs} ms` : `exit ${result.exitCode}`
  const last = result.stderr.trim().split('\n').slice(-5).join('\n')
  throw new Error(`${command} ${args[0] ?? ''}: ${why}${last ? `: ${last}` : ''}`)
}

function onLines(stream: NodeJS.ReadableStream | null | undefined, onLine: (line: string) => void): void {
  let rest = ''
  stream?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  stream?.on('end', () => {
    if (rest) onLine(rest)
  })
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The last line of what a failed command said, for a message. */
export function lastLine({ stderr, stdout, timedOut }: RunResult): string {
  if (timedOut) return 'it took too long'
  return stderr.trim().split('\n').at(-1) || stdout.trim().split('\n').at(-1) || 'it said nothing'
}
