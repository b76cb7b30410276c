import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
