import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findFreePort } from '../../../src/cloud/local/qemu/port.ts'
import { quoteShell } from '../../../src/core/quote.ts'
import { parseNotes } from '../../../src/guest/linux/seal.ts'
import { makeKeyPair } from '../../../src/guest/ssh/keys.ts'
import { connectThrough, disconnect, runInGuest } from '../../../src/guest/ssh/ssh.ts'
import type { Host } from '../../../src/model/host.ts'
import { canChroot, copyFolder, debianFolder, runInChroot, sealedPackages } from '../../helpers/chroot.ts'
import { sealWithoutPowerOff } from '../../helpers/seal.ts'

const machineId = '0123456789abcdef0123456789abcdef'

const bookworm = () => debianFolder('bookworm', [...sealedPackages, 'isc-dhcp-client'])

/** Seals a Debian after the given commands, and runs others afterwards. Returns the output of sealing, and of these. */
function seal(before: string, after = ':', swaps = '/dev/null'): { sealing: string; after: string } {
  const script = `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
echo ${machineId} >/etc/machine-id
${before}
part sealing
( SEALED='it is sealed' BUILD_KEY=AAAAkeyOfTheBuild MOUNTS=/dev/null SWAPS=${swaps}
${sealWithoutPowerOff()}
)
part after
${after}
:`
  const parts = runInChroot(bookworm(), script)
  return { sealing: parts.get('sealing') ?? '', after: parts.get('after') ?? '' }
}

const put = (path: string, text = 'x') => `mkdir -p "$(dirname '${path}')"; printf '%s\\n' '${text}' >'${path}'`

/** Commands that start a process with a name of the agent of Session Manager. It writes the files of the agent all the time. */
const agent = `cp /bin/sh /usr/local/bin/ssm-agent-worker
ssm-agent-worker -c 'while :; do mkdir -p /var/lib/amazon/ssm /var/log/amazon/ssm; echo x | tee /var/lib/amazon/ssm/registration >>/var/log/amazon/ssm/agent.log; done' >/dev/null 2>&1 &
until [ -s /var/lib/amazon/ssm/registration ]; do sleep 0.1; done`
const agentLeft = 'pgrep --runstates D,R,S -l ssm; find /var/lib/amazon/ssm /var/log/amazon -type f'

describe.skipIf(!canChroot())('sealing', () => {
  it('fails before it changes anything if commands are missing, also those for swap', () => {
    const { sealing, after } = seal(
      `${put('/run/swaps', '/dev/sdz partition 9 0 1')}; install -m 755 /dev/null /usr/local/bin/swapoff; rm "$(command -v xargs)" "$(command -v blockdev)"`,
      'cat /etc/machine-id',
      '/run/swaps',
    )
    expect(sealing).toBe('seal: these commands are missing: xargs blockdev')
    expect(after).toBe(machineId)
  })

  /** A command that writes files when it runs after the removal. */
  const writer = (condition: string) => `cat >/usr/local/bin/sync <<'END'
#!/bin/sh
if [ ! -s /etc/machine-id ] && ${condition}; then : >/run/written; echo x | tee /root/.bash_history >/var/log/late.log; fi
END
chmod 755 /usr/local/bin/sync`
  const left = 'find /root/.bash_history /var/log -type f -size +0 2>/dev/null'

  it('removes what was written after the removal, just before the machine is powered off', () => {
    const { sealing, after } = seal(writer('[ ! -e /run/written ]'), `ls /run/written; ${left}`)
    expect(sealing).toBe('it is sealed')
    expect(after).toBe('/run/written')
  })

  it('fails if something is written again and again', () => {
    const { sealing } = seal(writer('true'))
    expect(sealing).toBe('seal: these files could not be removed or emptied: /root/.bash_history /var/log/late.log')
  })

  it.each([
    ['the machine id', put('/srv/copy', machineId)],
    ['a host key', "cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub >/srv/copy"],
    ['the login key of the build', put('/srv/copy', 'ssh-ed25519 AAAAkeyOfTheBuild me')],
  ])('fails if a file contains %s', (_, command) => {
    expect(seal(command).sealing).toBe('seal: these files contain the machine id, a host key or the login key of the build: /srv/copy')
  })

  it.each([
    [
      'the host name',
      `${put('/var/lib/cloud/data/set-hostname', '{"hostname": "ip-10-0-0-1"}')}; ${put('/etc/agent.conf', 'name = ip-10-0-0-1')}`,
      'these files contain the host name or an address of the build machine: /etc/agent.conf ',
    ],
    [
      'a hardware address',
      `${put('/sys/class/net/eth0/address', '02:00:00:aa:bb:cc')}; ${put('/etc/agent.conf', 'address = 02:00:00:aa:bb:cc')}`,
      'these files contain the host name or an address of the build machine: /etc/agent.conf ',
    ],
    [
      'a boot entry',
      put(`/boot/loader/entries/${machineId}-6.1.0.conf`),
      `the names of boot entries contain the machine id of the build: /boot/loader/entries/${machineId}-6.1.0.conf `,
    ],
  ])('notes what it leaves: %s', (_, command, note) => {
    const { sealing } = seal(command)
    expect(parseNotes(sealing)).toEqual([note])
    expect(sealing).toContain('it is sealed')
  })

  it('fails with the name of a clean-up script of cloud-init that failed', () => {
    const script = '/etc/cloud/clean.d/10-package'
    expect(seal(`${put(script, '#!/bin/sh\nexit 3')}; chmod 755 ${script}`).sealing).toBe(`seal: ${script} ended with exit code 3`)
  })

  it.each([
    ['removes', [put('/etc/cloud/cloud.cfg.d/99-installer.cfg'), put('/etc/cloud/ds-identify.cfg')], ''],
    ['keeps', [put('/etc/cloud/ds-identify.cfg')], '/etc/cloud/ds-identify.cfg'],
  ])('%s the cloud that cloud-init looks for, if an installer fixed it', (_, commands, remaining) => {
    const { after } = seal(commands.join('; '), 'ls /etc/cloud/ds-identify.cfg /etc/cloud/cloud.cfg.d/* 2>/dev/null')
    expect(after).toBe(remaining)
  })

  const lease = put('/var/lib/dhcp/dhclient.eth0.leases', 'lease { option domain-name-servers 10.9.8.7, 10.9.8.70; }')
  // Only this function: the rest of the script would change the network of the computer.
  const dhclient = `( wait_for_rw() { :; }; eval "$(sed -n '/^make_resolv_conf()/,/^}/p' /sbin/dhclient-script)"
new_domain_name=build.invalid new_domain_search='' new_domain_name_servers='10.9.8.7 10.9.8.70'; make_resolv_conf )`
  it.each([
    ['empties', 'the file that dhclient of Debian wrote, without a word about itself', `${lease}; ${dhclient}`, ''],
    [
      'empties',
      'a file whose comment says what wrote it',
      put('/etc/resolv.conf', '# Generated by NetworkManager\nnameserver 10.9.8.7'),
      '',
    ],
    [
      'keeps',
      'a file with other name servers',
      `${lease}; ${put('/etc/resolv.conf', 'nameserver 10.9.8.7\nnameserver 9.9.9.9')}`,
      'nameserver 10.9.8.7\nnameserver 9.9.9.9',
    ],
    ['keeps', 'a file of a machine without leases', put('/etc/resolv.conf', 'nameserver 10.9.8.7'), 'nameserver 10.9.8.7'],
  ])('%s in /etc/resolv.conf: %s', (_, __, command, content) => {
    const { sealing, after } = seal(`rm -f /etc/resolv.conf; ${command}`, 'cat /etc/resolv.conf')
    expect(sealing).toContain('it is sealed')
    expect(after).toBe(content)
  })

  it('removes the credentials that the SSM agent shares', () => {
    const settings = '{"CredentialProfile": "", "ShareFile": "/root/.aws/credentials"}'
    const { sealing, after } = seal(
      `${put('/var/lib/amazon/ssm/runtimeconfig/identity_config.json', settings)}; ${put('/root/.aws/credentials', '[default]')}`,
      'ls /root/.aws',
    )
    expect(sealing).toBe('it is sealed')
    expect(after).toBe('')
  })

  it('overwrites mail, home folders of build accounts and settings of an installer before it removes them', () => {
    const files = ['/var/mail/root', '/home/packer-1/notes', '/etc/cloud/cloud.cfg.d/99-installer.cfg']
    const { sealing, after } = seal(
      `useradd --create-home packer-1; ${files.map((file) => put(file, 'secret')).join('; ')}; exec 7<${files.join(' 8<')}`.replace(
        '8</etc',
        '9</etc',
      ),
      `ls -d ${files.join(' ')} /home/packer-1 2>/dev/null; cat <&7; cat <&8; cat <&9; echo end`,
    )
    expect(sealing).toBe('it is sealed')
    expect(after).toBe('end')
  })

  it('ends the agent of Session Manager, which cannot write its files again', () => {
    const { sealing, after } = seal(agent, agentLeft)
    expect(sealing).toBe('it is sealed')
    expect(after).toBe('')
  })

  it('through a connection from the machine itself, ends the agent when the connection is closed, and powers off only then', async () => {
    const keys = mkdtempSync(join(tmpdir(), 'bakehouse-keys-'))
    const { identityFile, publicKey } = await makeKeyPair(keys, 'base')
    const port = await findFreePort()
    // The process 1 is not ended. The end of its input ends it, and all others with it.
    const start = `${agent}
mkdir -p /run/sshd /run/keys
ssh-keygen -q -t ed25519 -N '' -f /run/keys/host
echo '${publicKey}' >/run/keys/authorized
/usr/sbin/sshd -p ${port} -o ListenAddress=127.0.0.1 -o HostKey=/run/keys/host -o AuthorizedKeysFile=/run/keys/authorized -o StrictModes=no -o UsePAM=no
cat /run/keys/host.pub
read -r end`
    using copy = copyFolder(bookworm())
    const running = spawn('sh', ['-c', `exec ${copy.command} sh -c ${quoteShell(start)}`], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      const [hostKey] = (await once(running.stdout, 'data')) as [Buffer]
      const knownHostsFile = join(keys, 'hosts')
      writeFileSync(knownHostsFile, `[127.0.0.1]:${port} ${hostKey}`)
      const host: Host = { instanceId: 'vm', transport: 'ssh', address: '127.0.0.1', port, user: 'root', identityFile, knownHostsFile }
      const connection = connectThrough(join(keys, 'control'), host)
      const apart = connectThrough('none', host)
      const variables = { SEALED: 'it is sealed', MOUNTS: '/dev/null', SWAPS: '/dev/null' }
      const script = sealWithoutPowerOff(`{ ${agentLeft}; } >/run/left; mv /run/left /run/powered-off`)
      expect(await runInGuest(connection, script, { variables })).toMatchObject({ exitCode: 0, stdout: 'it is sealed\n' })
      expect((await runInGuest(connection, 'sleep 2; pgrep --runstates D,R,S ssm-agent && test ! -e /run/powered-off')).exitCode).toBe(0)
      await disconnect(connection)
      await expect
        .poll(() => runInGuest(apart, 'cat /run/powered-off'), { timeout: 120_000, interval: 200 })
        .toMatchObject({ exitCode: 0, stdout: '' })
    } finally {
      running.stdin.end()
      await once(running, 'exit')
      rmSync(keys, { recursive: true })
    }
  }, 300_000)

  it('keeps a folder that is the home of a build account and of another one', () => {
    const { after } = seal(
      `useradd --home-dir /srv/app --create-home packer-1; useradd --home-dir /srv/app/data --create-home app; ${put('/srv/app/kept', 'text')}`,
      'cat /srv/app/kept; getent passwd packer-1',
    )
    expect(after).toBe('text')
  })
})
