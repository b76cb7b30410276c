import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../core/errors.ts'
import { runTool } from '../../../core/exec.ts'
import { connectQmp, executeMonitor } from '../qemu/qmp.ts'

/** A guest's secure shell, as seen from this machine. */
export interface Login {
  readonly port: number
  readonly user: string
  readonly identityFile: string
  readonly knownHostsFile: string
  /** The socket of the one connection that all who come later share. */
  readonly controlPath: string
  /** The name its host keys are pinned under, where that is not its address. */
  readonly hostAlias?: string
}

export interface ReachOptions {
  readonly deadlineMs: number
  readonly signal: AbortSignal
  /** Ends the wait early: nobody will answer any more. */
  readonly isAlive: () => boolean
  readonly qmpSocket: string
  /** The guest is up already: nothing needs to be waited for before the login. */
  readonly isAwake?: boolean
  /** A key that is turned away once will not be let in later. */
  readonly isRefusalFinal?: boolean
}

/**
 * How long one login may take, in s. A busy machine with emulated guests needs minutes; a login that is given up
 * and tried again only makes it busier.
 */
const connectSeconds = 180

/** `ssh` that logs in, and leaves the connection open in the background. */
export function masterArguments(login: Login, logFile: string): string[] {
  return [
    ...['-f', '-N', '-M', '-S', login.controlPath, '-E', logFile],
    ...['-p', String(login.port), '-i', login.identityFile, '-l', login.user],
    // The guest is a process of ours, reached over the loopback: its key is learnt at the first contact, and pinned.
    ...['-o', 'StrictHostKeyChecking=accept-new', '-o', `UserKnownHostsFile=${login.knownHostsFile}`],
    ...['-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-o', 'ControlPersist=yes', '-o', `ConnectTimeout=${connectSeconds}`],
    ...['-o', 'ServerAliveInterval=5', '-o', 'ServerAliveCountMax=6', '-o', 'GSSAPIAuthentication=no'],
    ...(login.hostAlias === undefined ? [] : ['-o', `HostKeyAlias=${login.hostAlias}`]),
    ...['-o', 'PreferredAuthentications=publickey', '-o', 'KexAlgorithms=^curve25519-sha256', '-F', 'none'],
    '127.0.0.1',
  ]
}

/**
 * Waits until the guest lets us in, and keeps that connection. The reason why not, or undefined. Nothing but the login
 * itself is tried: a look first would cost an emulated guest a process of its server.
 */
export async function waitForLogin(login: Login, logFile: string, options: ReachOptions): Promise<string | undefined> {
  const { qmpSocket, signal } = options
  const deadline = Date.now() + options.deadlineMs
  let [why, pause, isUp] = ['its network never came up', shortestPause, options.isAwake ?? false]
  for (; Date.now() < deadline; await sleep(pause)) {
    if (signal.aborted) return 'the build was cancelled'
    if (!options.isAlive()) return 'the machine ended by itself'
    isUp ||= await isLinkUp(qmpSocket)
    if (!isUp) continue
    const exit = await tryLogin(login, logFile, options)
    if (exit === 0) return undefined
    const said = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').at(-1) ?? ''
    const unserved = exit === untaken || /reset by peer|closed by/i.test(said)
    why = unserved ? 'its ssh port never answered' : `it let nobody in: ${said || `ssh exit ${exit}`}`
    if (options.isRefusalFinal && isRefusal(why)) return why
    pause = unserved ? shortestPause : Math.min(pause * 2, longestPause)
  }
  return `${why} within ${Math.round(options.deadlineMs / 1000)} s`
}

/** Whether the guest answered, and did not want our key. */
export function isRefusal(why: string): boolean {
  return /permission denied/i.test(why)
}

/** Milliseconds between two tries; more and more where the guest turned our key away, as it may punish those who insist. */
const [shortestPause, longestPause] = [150, 4000]

/**
 * Whether the guest's network is up: a card that is up listens to the group of all hosts. Asked of QEMU, it costs the guest
 * nothing. A card that does not tell is taken for up.
 */
async function isLinkUp(qmpSocket: string): Promise<boolean> {
  try {
    using qmp = await connectQmp(qmpSocket)
    const cards = (await qmp.execute('query-rx-filter')) as { 'multicast-table': string[] }[]
    return cards.length === 0 || cards.some((card) => card['multicast-table'].includes('01:00:5e:00:00:01'))
  } catch (error) {
    return /not support/i.test(messageOf(error))
  }
}

/** What a login ends with that the guest has not even taken. */
const untaken = -1

/** How long a guest may leave a connection untaken, in ms: QEMU offers it anew only after seconds, and another one at once. */
const patience = 400

/** One login. The exit code of `ssh`; a connection that the guest took is waited for as long as `ssh` itself does. */
async function tryLogin(login: Login, logFile: string, { signal, qmpSocket }: ReachOptions): Promise<number> {
  const giveUp = new AbortController()
  const ended = runMaster(masterArguments(login, logFile), AbortSignal.any([signal, giveUp.signal]))
  for (const end = Date.now() + patience; ; ) {
    const exit = await Promise.race([ended, sleep(patience / 4)])
    if (exit !== undefined) return exit
    if (await isTaken(login.port, qmpSocket)) return ended
    if (Date.now() < end) continue
    giveUp.abort()
    return (await ended) === 0 ? 0 : untaken
  }
}

/** Whether the guest has taken a connection; QEMU itself takes every one at once. */
async function isTaken(port: number, qmpSocket: string): Promise<boolean> {
  try {
    using qmp = await connectQmp(qmpSocket)
    const table = await executeMonitor(qmp, 'info usernet')
    return table.split('\n').some((line) => line.includes('[ESTABLISHED]') && line.includes(` ${port} `))
  } catch {
    // The machine is gone: the login ends by itself.
    return false
  }
}

/** Runs a shell script in the guest, over the connection there is. What it prints; throws when it fails. */
export function runInGuest(login: Login, script: string, options: { signal: AbortSignal; timeoutMs: number }): Promise<string> {
  const args = [
    '-F',
    'none',
    '-S',
    login.controlPath,
    '-o',
    'BatchMode=yes',
    '-p',
    String(login.port),
    '-l',
    login.user,
    '127.0.0.1',
    'sh',
    '-s',
  ]
  return runTool('ssh', args, { ...options, input: script })
}

/** It goes on in the background, so it gets none of our streams. */
function runMaster(args: string[], signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh', args, { stdio: 'ignore', detached: true, signal })
    child.once('error', (error) => (signal.aborted ? resolve(255) : reject(error)))
    child.once('exit', (code) => resolve(code ?? 255))
  })
}
