import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../../src/core/exec.ts'
import { renderInventory, sshVariables } from '../../../src/guest/ansible/inventory.ts'
import { findVenv } from '../../../src/guest/ansible/venv.ts'
import type { StepContext } from '../../../src/guest/context.ts'
import { linux } from '../../../src/guest/linux/linux.ts'
import { removeControlFolder } from '../../../src/guest/ssh/control-folder.ts'
import { makeKeyPair } from '../../../src/guest/ssh/keys.ts'
import { type LoginWait, waitForLogin } from '../../../src/guest/ssh/login.ts'
import { copyToGuest, disconnect, requireInGuest, runInGuest } from '../../../src/guest/ssh/ssh.ts'
import { buildFiles } from '../../../src/model/build-folder.ts'
import type { Host, KeyPair } from '../../../src/model/host.ts'
import { canChroot, debianFolder } from '../../helpers/chroot.ts'
import { type Sshd, startSshd } from '../../helpers/sshd.ts'

/** Debian 13 has OpenSSH 10. */
const guest = (): string => debianFolder('trixie', ['openssh-server', 'sudo', 'tcsh', 'fish'])

let folder: string
let key: KeyPair
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-sshd-'))
  mkdirSync(join(folder, buildFiles.steps))
  key = await makeKeyPair(folder, 'base')
})
afterAll(() => {
  removeControlFolder(folder)
  rmSync(folder, { recursive: true })
})

function hostOf({ port }: Sshd, user: string): Host {
  const { identityFile } = key
  return {
    ...{ instanceId: 'vm', transport: 'ssh', address: '127.0.0.1', port, user, identityFile },
    knownHostsFile: join(folder, `hosts-${port}`),
  }
}

/** Shell that authorizes the key of the build for the user with this home folder. */
function authorize(home: string): string {
  const keys = key.publicKey.split('\n').map((line) => `'${line}'`)
  return `mkdir -p ${home}/.ssh; printf '%s\\n' ${keys.join(' ')} >${home}/.ssh/authorized_keys`
}

// sshd 9.8 and later add up 5 s for each failed login, and drop all connections of a client for whom that is more than 15 s:
// sshd_config(5), PerSourcePenalties. Other tools were locked out: ClusterLabs/crmsh#1811, ansible/ansible#86325.
describe.skipIf(!canChroot())('an sshd with penalties for failed logins', () => {
  const settings = { learnsHostKey: true, isDirect: true }
  const login = (sshd: Sshd, more: Pick<LoginWait, 'deadlineMs' | 'onSeen'>) => {
    const logFile = join(folder, `log-${sshd.port}`)
    return waitForLogin(hostOf(sshd, 'root'), settings, { logFile, pause: { shortest: 150 }, ...more })
  }
  const messages = (sshd: Sshd): string[] => {
    const file = join(folder, `log-${sshd.port}`)
    return (existsSync(file) ? readFileSync(file, 'utf8') : '').trim().split(/[\r\n]+/)
  }

  it('does not block the build while it waits for its key, because the build asks slowly', async () => {
    await using sshd = await startSshd(guest(), 'true')
    const failure = await login(sshd, { deadlineMs: 30_000 })
    expect(failure).toMatchObject({
      isRefusal: true,
      why: expect.stringMatching(/^ssh answers, and refuses the key of root: .* within 30 s$/),
    })
    expect(messages(sshd).filter((line) => !line.includes('Permission denied'))).toEqual([])
  })

  it('lets the build in after it has blocked it, when the key is there', async () => {
    await using sshd = await startSshd(guest(), 'true', ['"PerSourcePenalties authfail:30s"'])
    const seen: string[] = []
    const waiting = login(sshd, { deadlineMs: 600_000, onSeen: (sentence) => seen.push(sentence) })
    const isBlocked = (): boolean => messages(sshd).filter((line) => /closed by|reset by/.test(line)).length > 1
    await expect.poll(isBlocked, { timeout: 300_000 }).toBe(true)
    expect(seen).toEqual(['ssh answers, and refuses the key of root'])
    await sshd.run(authorize('/root'))
    expect(await waiting).toBeUndefined()
  })
})

const allowed = 'ALL=(ALL) NOPASSWD: ALL'

/** The accounts of the machine: what sudo allows them, and their login shell. */
const accounts: Readonly<Record<string, { readonly sudo?: string; readonly shell?: string }>> = {
  usual: { sudo: allowed },
  fishy: { sudo: allowed, shell: '/usr/bin/fish' },
  tishy: { sudo: allowed, shell: '/usr/bin/tcsh' },
  terminal: { sudo: `${allowed}\nDefaults:terminal requiretty` },
  password: { sudo: 'ALL=(ALL) ALL' },
  limited: { sudo: 'ALL=(ALL) NOPASSWD: /usr/bin/id' },
  nobody2: {},
  closed: { sudo: allowed, shell: '/usr/sbin/nologin' },
}

describe.skipIf(!canChroot())('a login as another user than root', () => {
  let sshd: Sshd
  const session = (user: string) =>
    linux.openSession({ folder, signal: AbortSignal.timeout(1_000_000) } as unknown as StepContext, hostOf(sshd, user))

  beforeAll(async () => {
    const made = Object.entries(accounts).map(([name, { sudo, shell = '/bin/bash' }]) => {
      const rule = sudo === undefined ? 'true' : `printf '%s\\n' '${name} ${sudo}' >/etc/sudoers.d/${name}`
      return `useradd --create-home --shell ${shell} --password x ${name}; ${authorize(`/home/${name}`)}; ${rule}`
    })
    // The package with nologin is not among those of the folder.
    const nologin = `printf '#!/bin/sh\necho This account is currently not available.\nexit 1\n' >/usr/sbin/nologin; chmod 755 /usr/sbin/nologin`
    sshd = await startSshd(guest(), [nologin, ...made].join('; '))
    // This accepts the host key for all.
    const settings = { learnsHostKey: true, isDirect: true }
    const wait = { deadlineMs: 600_000, logFile: join(folder, 'log'), pause: { shortest: 150 } }
    expect(await waitForLogin(hostOf(sshd, 'usual'), settings, wait)).toBeUndefined()
  })
  afterAll(() => sshd?.[Symbol.asyncDispose]())

  it.each([
    ['needs a terminal', 'terminal', 'you must have a tty'],
    ['needs a password', 'password', 'a password is required'],
    ['allows other commands only', 'limited', /a password is required|not allowed to execute/],
    ['allows nothing', 'nobody2', /a password is required|not in the sudoers file|may not run sudo/],
  ])('fails immediately if sudo %s', async (_what, user, said) => {
    const error = await session(user).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({
      exitCode: 10,
      message: expect.stringMatching(
        new RegExp(`^sudo refuses to run commands of ${user}: .*${said instanceof RegExp ? `(${said.source})` : said}`),
      ),
      hint: expect.stringContaining(`"${user} ALL=(ALL) NOPASSWD: ALL" and "Defaults:${user} !requiretty"`),
    })
  })

  it('fails immediately if the login shell runs no commands', async () => {
    await expect(session('closed')).rejects.toThrow('the login shell of closed runs no commands: This account is currently not available.')
  })

  it('fails when a step begins, if the playbook has changed sudo', async () => {
    await session('usual')
    await sshd.run("echo 'Defaults requiretty' >/etc/sudoers.d/hardened")
    await expect(session('usual')).rejects.toThrow('sudo refuses to run commands of usual: ')
    await sshd.run('rm /etc/sudoers.d/hardened')
  })

  it.each(['usual', 'fishy', 'tishy'])('works with the login shell of %s: bash, fish and tcsh', async (user) => {
    const { connection } = await session(user)
    const text = `it's "$HOME" \\ !1 *`
    const answer = await runInGuest(connection, 'printf "%s %s\\n" "$(id -u)" "$text"; exit 7', { variables: { text } })
    expect(answer).toMatchObject({ exitCode: 7, stdout: `0 ${text}\n` })
    const copied = join(folder, 'copied')
    writeFileSync(copied, text)
    await copyToGuest(connection, copied, `/root/a file of ${user}`)
    await requireInGuest(connection, `[ "$(cat "/root/a file of ${user}")" = "$text" ] && [ -x "/root/a file of ${user}" ]`, {
      variables: { text },
    })
    const inventory = join(folder, 'inventory.json')
    writeFileSync(inventory, renderInventory('vm', sshVariables(connection)))
    const ansible = ['--inventory', inventory, '--become', '--module-name', 'raw', '--args', 'echo "$(id -u)"', 'vm']
    const played = await run(join(findVenv(), 'bin/ansible'), ansible)
    expect(played.stdout, played.stderr).toMatch(/rc=0.*\n0\n/)
    await disconnect(connection)
  })
})
