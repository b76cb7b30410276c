import { describe, expect, it } from 'vitest'
import { canCover, checkFakeRoot } from './fake-root.ts'

const accounts = {
  'etc/passwd': 'root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\nada:x:1000:1000::/usr/local/ada:/bin/sh\n',
  'etc/group': 'root:x:0:\nsudo:x:27:\nada:x:1000:\n',
  'etc/shadow': 'root:*:1::::::\ndaemon:*:1::::::\nada:!:1::::::\n',
}
const stranger = 'ssh-ed25519 STRANGER old laptop\n'
const defaults = ['authorizedkeysfile .ssh/authorized_keys', 'permitrootlogin prohibit-password', 'passwordauthentication no']

/** Replaces sshd: prints the given settings for each account. */
function sshd(answers: Readonly<Record<string, readonly string[]>> = {}, settings = defaults): Record<string, string> {
  const say = (lines: readonly string[]) => lines.map((line) => `echo '${line}'`).join('; ')
  const cases = Object.entries(answers).map(([pattern, lines]) => `${pattern}) ${say(lines)} ;;`)
  return {
    'usr/local/bin/sshd': `#!/bin/sh\ncase "$*" in ${cases.join(' ')} *) ${say(settings)} ;; esac\n`,
    'usr/local/bin/sudo': '#!/bin/sh\necho "User $4 is not allowed to run sudo on vm."\n',
  }
}

const match = { 'etc/ssh/sshd_config': 'PermitRootLogin no\nMatch User root Address 10.0.0.0/8\n  PermitRootLogin yes\n' }
const hash = '$6$salt$hash'

const attacks: readonly (readonly [what: string, check: string, message: string, files: Record<string, string>])[] = [
  [
    'a key in a folder that AuthorizedKeysFile names with %u',
    'no-extra-login-keys',
    '/etc/ssh/keys/ada: ssh-ed25519 STRANGER',
    { ...sshd({}, ['authorizedkeysfile /etc/ssh/keys/%u']), 'etc/ssh/keys/ada': stranger },
  ],
  [
    'a key in a file whose name has %h, %U and %%',
    'no-extra-login-keys',
    '/usr/local/ada/1000%: ssh-ed25519 STRANGER',
    { ...sshd({}, ['authorizedkeysfile %h/%U%%']), 'usr/local/ada/1000%': stranger },
  ],
  [
    'a key in a home folder below /usr/local',
    'no-extra-login-keys',
    '/usr/local/ada/.ssh/authorized_keys: ssh-ed25519 STRANGER',
    { ...sshd(), 'usr/local/ada/.ssh/authorized_keys': stranger },
  ],
  [
    'a key file that a Match block gives to one account',
    'no-extra-login-keys',
    '/etc/ssh/match: ssh-ed25519 STRANGER',
    { ...sshd({ '*user=ada,*': ['authorizedkeysfile /etc/ssh/match'] }), ...match, 'etc/ssh/match': stranger },
  ],
  [
    'a Match block that allows a password login of root from some addresses',
    'no-root-password-login',
    'PermitRootLogin is yes',
    { ...sshd({ '*user=root,*addr=10.0.0.0,*': ['permitrootlogin yes', 'passwordauthentication yes'] }), ...match },
  ],
  [
    'a Match block that allows empty passwords for one account',
    'no-root-password-login',
    'PermitEmptyPasswords is yes for ada',
    { ...sshd({ '*user=ada,*': ['permitemptypasswords yes'] }), ...match },
  ],
  [
    'an account with a password in the group sudo',
    'no-admin-passwords',
    'ada',
    {
      ...sshd(),
      'etc/group': 'root:x:0:\nsudo:x:27:ada\nada:x:1000:\n',
      'etc/shadow': accounts['etc/shadow'].replace('ada:!', `ada:${hash}`),
    },
  ],
  [
    'an account with a password in sudoers',
    'no-admin-passwords',
    'ada',
    {
      ...sshd(),
      'usr/local/bin/sudo': '#!/bin/sh\necho "User $4 may run the following commands on vm:"\n',
      'etc/shadow': accounts['etc/shadow'].replace('ada:!', `ada:${hash}`),
    },
  ],
  [
    'a password in /etc/passwd, of an account in the group wheel',
    'no-admin-passwords',
    'ada',
    {
      ...sshd(),
      'etc/passwd': accounts['etc/passwd'].replace('ada:x', `ada:${hash}`),
      'etc/group': 'root:x:0:\nwheel:x:10:ada\nada:x:1000:\n',
    },
  ],
  [
    'an account without a password in /etc/passwd',
    'no-empty-passwords',
    'ada',
    { ...sshd(), 'etc/passwd': accounts['etc/passwd'].replace('ada:x', 'ada:') },
  ],
  [
    'a host key in another folder that others can read',
    'ssh-host-keys-private',
    '/usr/local/bin/host_key',
    { ...sshd({}, ['hostkey /usr/local/bin/host_key']), 'usr/local/bin/host_key': 'key' },
  ],
]

describe.skipIf(!canCover)('the hygiene checks find', () => {
  it.each(attacks)('%s', (_what, check, message, files) => {
    const { cases } = checkFakeRoot({ ...accounts, ...files })
    expect(cases.get(check)).toMatchObject({ status: 'failed', message: expect.stringContaining(message) })
  })

  it('nothing on a machine that accepts only its own key', () => {
    const { cases } = checkFakeRoot({ ...accounts, ...sshd(), ...match, 'root/.ssh/authorized_keys': '# mine\nssh-ed25519 TRIALKEY me\n' })
    const failed = [...new Set(attacks.map(([, check]) => check))].filter((check) => cases.get(check)?.status !== 'passed')
    expect(failed).toEqual([])
  })

  it('no fault in host keys that the group ssh_keys may read, as on RHEL', () => {
    const files = { ...accounts, ...sshd({}, ['hostkey /usr/local/bin/host_key']), 'usr/local/bin/host_key': 'key' }
    const mode = { 'usr/local/bin/host_key': 0o640 }
    const withGroup = { ...files, 'etc/group': `${accounts['etc/group']}ssh_keys:x:0:\n` }
    expect(checkFakeRoot(withGroup, mode).cases.get('ssh-host-keys-private')?.status).toBe('passed')
    expect(checkFakeRoot(files, mode).cases.get('ssh-host-keys-private')?.status).toBe('failed')
  })

  it('a machine that is still starting, whose systemd does not wait, and waits for it', () => {
    const answers =
      '[ "$1" != is-system-running ] || { echo x >>/root/asked; case $(wc -l </root/asked) in 1 | 2) echo starting ;; *) echo running ;; esac; }'
    const { cases } = checkFakeRoot({ ...accounts, ...sshd(), 'usr/local/bin/systemctl': `#!/bin/sh\n${answers}\n` })
    expect(cases.get('system-running')).toMatchObject({ status: 'passed' })
  })

  it('a user for Ansible, as a hint', () => {
    const { cases } = checkFakeRoot({
      ...accounts,
      ...sshd(),
      'etc/passwd': `${accounts['etc/passwd']}ansible:x:1001:1001::/home/ansible:/bin/sh\n`,
    })
    expect(cases.get('no-build-users')).toMatchObject({ status: 'passed', message: 'hint: the user ansible exists' })
  })

  it('the identity of a host key in another folder', () => {
    const { stdout } = checkFakeRoot({
      ...accounts,
      ...sshd({}, ['hostkey /usr/local/key']),
      'usr/local/key': 'private',
      'usr/local/key.pub': 'ssh-ed25519 PUBLIC vm\n',
    })
    expect(stdout).toContain('\nhost-key ssh-ed25519 PUBLIC vm\n')
  })
})
