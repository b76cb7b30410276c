import type { SshTarget } from './options.ts'

/** What one failed login shows of a machine. */
export interface Sight {
  /**
   * `silent`: nothing answers. `closed`: something closed the connection before the login. `refused`: the machine answered, and refused the
   * key or the session. `other`: another error of `ssh`.
   */
  readonly kind: 'silent' | 'closed' | 'refused' | 'other'
  /** While the build waits. It contains no text of the machine, which would have to be redacted. */
  readonly now: string
  /** After the wait. */
  readonly why: string
}

/** A login that failed. */
export interface FailedLogin {
  readonly exitCode: number
  /** The messages of `ssh` and of its proxy command. */
  readonly lines: readonly string[]
}

/** Replaces the exit code of `ssh` if the machine did not accept the connection. */
export const notAccepted = -1

/** The exit code of `ssh` for an error of its own. Others come from the command in the machine. */
const sshFailed = 255

/** What is seen before the first login: the network interface of the machine is down. */
export const noNetwork: Sight = { kind: 'silent', now: 'its network is not up yet', why: 'its network did not come up' }

/** What a failed login shows of a machine. */
export function seeFailure(target: SshTarget, { exitCode, lines }: FailedLogin): Sight {
  const { user } = target
  const said = lines.at(-1) || `ssh ended with exit code ${exitCode}`
  const refusal = lines.findLast((line) => refused.test(line))
  if (exitCode === notAccepted) return noAnswer('silent', proxyMessage(target, lines))
  if (exitCode !== sshFailed) {
    const now = `ssh accepts the key of ${user}, and its session runs no command`
    return { kind: 'refused', now, why: `${now}: ${said}` }
  }
  if (refusal !== undefined) {
    const now = `ssh answers, and refuses the key of ${user}`
    return { kind: 'refused', now, why: `${now}: ${refusal}` }
  }
  if (closed.test(said)) return noAnswer('closed', proxyMessage(target, lines))
  if (unreachable.test(said)) return noAnswer('silent', said)
  return { kind: 'other', now: `it accepts no login yet: ${said}`, why: `it accepted no login: ${said}` }
}

function noAnswer(kind: Sight['kind'], detail: string): Sight {
  return { kind, now: 'its ssh port does not answer yet', why: `its ssh port did not answer${detail && `: ${detail}`}` }
}

/** A server that allows fewer attempts than there are keys closes the connection with the second message. */
const refused = /permission denied|too many authentication failures/i

/** Messages of `ssh` for an open port without a running machine, for a proxy command that ended, and for a client that sshd blocks. */
const closed = /reset by|closed by/i

const unreachable = /^ssh: connect to host|timed out/i

/** The last line of the proxy command. It says why there is no connection. */
function proxyMessage({ proxyCommand }: SshTarget, lines: readonly string[]): string {
  return (proxyCommand === undefined ? undefined : lines.findLast((each) => each !== '' && !closed.test(each))) ?? ''
}
