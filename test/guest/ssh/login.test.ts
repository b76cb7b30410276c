import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { loginFailed } from '../../../src/cloud/local/machines/start.ts'
import { waitForLogin } from '../../../src/guest/ssh/login.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-login-'))
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

/** Replaces ssh by a script. `tries` is the number of the login. */
function replaceSsh(script: string): void {
  writeFileSync(
    join(folder, 'ssh'),
    `#!/bin/sh\necho x >>'${folder}/tries'\ntries=$(wc -l <'${folder}/tries')\n[ "$tries" -lt 500 ] || exit 0\n${script}\n`,
  )
  chmodSync(join(folder, 'ssh'), 0o755)
}

/** From now on, each login takes so many ms, and nothing else takes time. */
function useClock(perLogin: number): void {
  const tries = (): number => (existsSync(join(folder, 'tries')) ? readFileSync(join(folder, 'tries'), 'utf8').length / 2 : 0)
  vi.spyOn(Date, 'now').mockImplementation(() => tries() * perLogin)
}

const refuse = 'echo "root@127.0.0.1: Permission denied (publickey)." >&2; exit 255'
const wait = (refusedMs?: number) => ({
  ...{ deadlineMs: 30_000, logFile: join(folder, 'log'), pause: { shortest: 1, longest: 1 } },
  ...(refusedMs === undefined ? {} : { refusedMs }),
})
const target = { address: '127.0.0.1', port: 22, user: 'root', identityFile: 'key', knownHostsFile: 'hosts' }

it('a login that is refused all the time ends before the deadline, and the reason names the user', async () => {
  replaceSsh(refuse)
  const failure = await waitForLogin(target, {}, wait(50))
  expect(failure?.why).toMatch(/^ssh answers, and refuses the key of root: .*Permission denied \(publickey\)\., for \d+ s$/)
  expect(failure?.isRefusal).toBe(true)
})

it('a login that is refused only until the key is in place succeeds', async () => {
  replaceSsh(`[ "$tries" -gt 3 ] || { ${refuse}; }`)
  expect(await waitForLogin(target, {}, wait())).toBeUndefined()
})

it('a refused login has a hint at login.user; another failure has not', () => {
  expect(loginFailed('why', undefined, true)[1].hint).toContain('login: {by: cloud-init, user: …}')
  expect(loginFailed('why', undefined)[1].hint).toContain('read the console log')
})

// What ssh prints when sshd 9.8 or later blocks a client that failed too often (PerSourcePenalties).
const block = 'echo "kex_exchange_identification: Connection closed by remote host" >&2; exit 255'
const blockEveryOther = `[ $((tries % 2)) = 1 ] || { ${block}; }; ${refuse}`

it('a login that is refused and then blocked is refused all the time', async () => {
  replaceSsh(blockEveryOther)
  useClock(10_000)
  const seen: string[] = []
  const failure = await waitForLogin(target, {}, { ...wait(), deadlineMs: 600_000, onSeen: (sentence) => seen.push(sentence) })
  expect(failure).toMatchObject({
    isRefusal: true,
    why: expect.stringMatching(/^ssh answers, and refuses the key of root: .*, for 200 s$/),
  })
  expect(seen).toEqual(['ssh answers, and refuses the key of root'])
})

it('a login that is blocked until the deadline was refused', async () => {
  replaceSsh(`[ "$tries" -gt 1 ] || { ${refuse}; }\n${block}`)
  useClock(10_000)
  const failure = await waitForLogin(target, {}, { ...wait(), deadlineMs: 50_000 })
  expect(failure?.why).toMatch(/^ssh answers, and refuses the key of root: .*Permission denied \(publickey\)\. within 50 s$/)
})

it('a login that is refused, then blocked, then accepted succeeds', async () => {
  replaceSsh(`[ "$tries" -gt 5 ] || { ${blockEveryOther}; }`)
  expect(await waitForLogin(target, {}, wait())).toBeUndefined()
})

it('a machine that restarts, and then refuses again, is given time again', async () => {
  replaceSsh(`[ "$tries" -lt 24 ] || exit 0; [ "$tries" -eq 1 ] || [ "$tries" -ge 22 ] || { ${block}; }; ${refuse}`)
  useClock(10_000)
  expect(await waitForLogin(target, {}, { ...wait(), deadlineMs: 600_000 })).toBeUndefined()
})

it('the reason names a refusal that came before the machine was out of reach', async () => {
  replaceSsh(`[ "$tries" -gt 1 ] || { ${refuse}; }\necho "ssh: connect to host 127.0.0.1 port 22: Connection refused" >&2; exit 255`)
  useClock(10_000)
  const failure = await waitForLogin(target, {}, { ...wait(), deadlineMs: 50_000 })
  const why = /^its ssh port did not answer: ssh: connect .* within 50 s; before that, ssh answers, and refuses the key of root: /
  expect(failure).toMatchObject({ isRefusal: true, why: expect.stringMatching(why) })
})

// MaxAuthTries: the server allows fewer attempts than the build has keys.
const tooMany = 'Received disconnect from 127.0.0.1 port 22:2: Too many authentication failures'
// The key of root on images for EC2 has a command that prints this.
const useOther = 'Please login as the user "ubuntu" rather than the user "root".'

it.each([
  ['silence', 'ssh: connect to host 127.0.0.1 port 22: Connection timed out', 255, 'its ssh port does not answer yet'],
  ['a closed connection', 'Connection closed by 127.0.0.1 port 22', 255, 'its ssh port does not answer yet'],
  ['a refused key', 'root@127.0.0.1: Permission denied (publickey).', 255, 'ssh answers, and refuses the key of root'],
  ['too many keys', `${tooMany}\nDisconnected from 127.0.0.1 port 22`, 255, 'ssh answers, and refuses the key of root'],
  ['a session without commands', useOther, 142, 'ssh accepts the key of root, and its session runs no command'],
  ['another error', 'Host key verification failed.', 255, 'it accepts no login yet: Host key verification failed.'],
])('while the build waits, it says what it sees: %s', async (_what, said, exitCode, sentence) => {
  writeFileSync(join(folder, 'said'), `${said}\n`)
  replaceSsh(`cat '${folder}/said' >&2; exit ${exitCode}`)
  useClock(10_000)
  const seen: string[] = []
  const failure = await waitForLogin(target, {}, { ...wait(), deadlineMs: 50_000, onSeen: (each) => seen.push(each) })
  expect(seen).toEqual([sentence])
  expect(failure?.isRefusal).toBe(sentence.startsWith('ssh '))
})
