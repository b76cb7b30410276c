import { RejectedError } from '../../core/errors.ts'
import { type RunResult, run } from '../../core/exec.ts'
import { splitOutput } from '../../core/reason-line.ts'
import { type Connection, runInGuest } from '../ssh/ssh.ts'

/** Maximum time for the question, in ms. */
const timeoutMs = 60_000

/**
 * Why scripts cannot run as root in the machine: the login shell runs no commands, or sudo refuses them. It asks by running a script that
 * does nothing, because sudo translates its messages. Undefined if they can run, or if the machine does not answer.
 */
export async function findRootProblem(connection: Connection, signal: AbortSignal): Promise<RejectedError | undefined> {
  const { host, options } = connection
  const asked = await runInGuest(connection, ':', { signal, timeoutMs })
  if (!isFailed(asked)) return undefined
  const shell = await run('ssh', [...options, host.address, '--', 'exit 0'], { signal, timeoutMs })
  if (isFailed(shell)) {
    return new RejectedError(`the login shell of ${host.user} runs no commands: ${lastLine(shell)}`, {
      hint: 'login: {user: …} in family.yaml must name an account whose shell runs commands; nologin and false run none',
    })
  }
  return new RejectedError(`sudo refuses to run commands of ${host.user}: ${lastLine(asked)}`, {
    hint: `sudo must allow ${host.user} all commands, without a password and without a terminal: "${host.user} ALL=(ALL) NOPASSWD: ALL" and "Defaults:${host.user} !requiretty" in the sudoers`,
  })
}

/** Whether the machine answered that it does not run the command. With exit code 255, `ssh` has no connection. */
function isFailed({ exitCode, timedOut }: RunResult): boolean {
  return exitCode !== 0 && exitCode !== 255 && !timedOut
}

/** The last line of an answer. sudo prints warnings before it, for example that it cannot resolve the name of the machine. */
function lastLine({ stderr, stdout }: RunResult): string {
  return splitOutput(stderr).at(-1) ?? splitOutput(stdout).at(-1) ?? 'it printed nothing'
}
