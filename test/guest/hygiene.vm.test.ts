import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { ensureDebianBase } from '../../src/cloud/local/base/debian.ts'
import { openOfflineDisk } from '../../src/cloud/local/disk/files.ts'
import { isMachineRunning, machineFiles, removeMachine } from '../../src/cloud/local/machines/machine.ts'
import { type Launched, launchMachine } from '../../src/cloud/local/provider/launch.ts'
import { quoteShell } from '../../src/core/quote.ts'
import { familySchema } from '../../src/family/schema.ts'
import { parseHygiene } from '../../src/guest/hygiene.ts'
import { parseModes } from '../../src/guest/linux/check-offline.ts'
import { hygieneScript } from '../../src/guest/linux/hygiene.ts'
import { judgeOffline } from '../../src/guest/linux/offline.ts'
import { parseNotes } from '../../src/guest/linux/seal.ts'
import { readPublicKey } from '../../src/guest/ssh/keys.ts'
import { type Connection, connect, connectThrough, disconnect, runInGuest } from '../../src/guest/ssh/ssh.ts'
import { sealWithoutPowerOff } from '../helpers/seal.ts'

/** Traces of a build: the check that must find each one, and the command that makes it. Those that sealing removes come first. */
const sealed: readonly (readonly [check: string, plant: string])[] = [
  ['no-extra-login-keys', 'mkdir -p /root/.ssh; echo ssh-ed25519 AAAAstranger me >> /root/.ssh/authorized_keys'],
  ['no-build-users', 'useradd --create-home packer-1'],
  ['no-shell-history', 'echo secret > /root/.bash_history'],
  ['no-ansible-files', 'mkdir -p /root/.ansible/tmp; echo x > /root/.ansible/tmp/x'],
  ['no-package-lists', 'echo x > /var/lib/apt/lists/deb.debian.org_list'],
  ['no-downloaded-packages', 'mkdir -p /var/cache/apt/archives; echo x > /var/cache/apt/archives/x_1_all.deb'],
  ['no-cloud-init-state', 'mkdir -p /var/lib/cloud/instances/i-1; echo x > /var/lib/cloud/instances/i-1/user-data.txt'],
  ['no-dhcp-leases', 'mkdir -p /var/lib/dhcp; echo x > /var/lib/dhcp/dhclient.eth0.leases'],
  ['no-fixed-network-names', 'mkdir -p /etc/udev/rules.d; echo > /etc/udev/rules.d/70-persistent-net.rules'],
  ['no-build-logs', 'echo x > /var/log/build.log'],
  ['no-crash-dumps', 'mkdir -p /var/crash; echo x > /var/crash/a.crash; echo x > /core'],
  ['no-temporary-files', 'echo x > /var/tmp/left'],
  ['no-mail', 'mkdir -p /var/mail; echo x > /var/mail/root'],
  ['no-scheduled-jobs', 'mkdir -p /var/spool/cron/atjobs; echo x > /var/spool/cron/atjobs/a1'],
  ['no-account-file-backups', 'echo x > /etc/passwd-'],
  ['ssh-host-keys-new', ':'],
  [
    'no-service-identities',
    'mkdir -p /etc/docker /var/lib/amazon/ssm; echo x > /etc/docker/key.json; echo x > /var/lib/amazon/ssm/registration',
  ],
  ['no-timer-stamps', 'mkdir -p /var/lib/systemd/timers; echo x > /var/lib/systemd/timers/stamp-apt-daily.timer'],
  ['no-installer-files', 'echo x > /root/anaconda-ks.cfg'],
  ['no-network-settings', 'mkdir -p /etc/netplan; echo x > /etc/netplan/50-cloud-init.yaml'],
  [
    'no-build-hostname',
    'mkdir -p /var/lib/cloud/data; echo ip-10-0-0-1 > /var/lib/cloud/data/previous-hostname; echo ip-10-0-0-1 > /etc/hostname; echo 127.0.1.1 ip-10-0-0-1 >> /etc/hosts',
  ],
  ['random-seed-new', 'mkdir -p /var/lib/systemd; echo x > /var/lib/systemd/random-seed'],
]
const staying: typeof sealed = [
  ['no-empty-passwords', 'echo open::19000:0:99999:7::: >> /etc/shadow'],
  ['no-second-root-user', 'echo toor:x:0:0::/root:/bin/sh >> /etc/passwd'],
  ['root-password-locked', "usermod --password '$6$a$b' root"],
  ['no-admin-passwords', "useradd --groups sudo --password '$6$a$b' ada"],
  ['ssh-host-keys-private', 'chmod 0644 /etc/ssh/ssh_host_ed25519_key'],
  ['sshd-config-valid', 'echo Nonsense yes > /etc/ssh/sshd_config.d/zz.conf'],
  ['no-private-keys', 'echo "-----BEGIN OPENSSH PRIVATE KEY-----" > /root/id'],
  ['no-credential-files', 'mkdir -p /root/.aws; echo x > /root/.aws/credentials'],
  ['no-half-installed-packages', 'printf "\\nPackage: x\\nStatus: install ok half-configured\\n" >> /var/lib/dpkg/status'],
  ['machine-id-consistent', 'mkdir -p /var/lib/dbus; rm -f /var/lib/dbus/machine-id; echo 0123 > /var/lib/dbus/machine-id'],
  ['no-world-writable-settings', 'chmod 0666 /etc/issue'],
  ['password-files-private', 'chmod 0644 /etc/shadow'],
  ['fstab-valid', 'echo nonsense > /etc/fstab'],
  ['dns-configured', 'rm /etc/resolv.conf; echo > /etc/resolv.conf'],
  ['clock-correct', 'date -s @1000000000'],
]

/** Without RSA, which takes long to make. */
const hostKeys =
  'for kind in ed25519 ecdsa; do file=/etc/ssh/ssh_host_"$kind"_key; rm -f $file; ssh-keygen -q -t $kind -N "" -f $file; done'

/** Settings that only `sshd -T` shows. */
const settings = `mkdir -p /etc/ssh/keys /srv/keys
echo ssh-ed25519 AAAAstranger me > /etc/ssh/keys/root
cp -p /etc/ssh/ssh_host_ed25519_key /srv/keys/host_key
cat > /etc/ssh/sshd_config.d/a.conf <<'END'
HostKey /srv/keys/host_key
AuthorizedKeysFile /etc/ssh/keys/%u
Match User root Address 10.0.0.0/8
  PermitRootLogin yes
  PasswordAuthentication yes
END`

let folder: string
let machine: Launched

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-vm-'))
  vi.stubEnv('BAKEHOUSE_HOME', join(folder, 'home'))
  const signal = AbortSignal.timeout(1_700_000)
  const base = await ensureDebianBase({ release: 'bookworm', variant: 'lean', progress: () => {}, signal })
  const identityFile = join(folder, 'key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identityFile])
  machine = await launchMachine(
    {
      ...{ name: 'dirty', image: base.path, ...familySchema.parse({ base: { debian: 'bookworm' } }).machine },
      tags: {
        tool: 'bakehouse',
        family: 'f',
        version: '1',
        build: 'b',
        stage: 'trial',
        expires: new Date(Date.now() + 4 * 3_600_000).toISOString(),
      },
      ...{ publicKey: readFileSync(`${identityFile}.pub`, 'utf8').trim(), identityFile, knownHostsFile: join(folder, 'hosts') },
      ...{ user: 'root', login: 'credential', loginTimeoutSeconds: 600, warm: true, diagnosticsFolder: '' },
    },
    signal,
  )
})

afterAll(async () => {
  if (machine) await removeMachine(machine.machine)
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

/** The results of the checks, if all files that exist now are older than the first boot. */
async function findFailed(): Promise<Map<string, string>> {
  const now = Math.round(Date.now() / 1000)
  const variables = { TRIAL_KEY: readPublicKey(machine.host.identityFile), NOW: String(now), BOOTS: '1', SINCE: String(now + 3600) }
  const { stdout } = await runInGuest(connect(machine.host, folder), hygieneScript(), { variables })
  expect(stdout).toContain('\nhygiene done\n')
  return new Map(parseHygiene(stdout).flatMap(({ name, status, message }) => (status === 'passed' ? [] : [[name, message ?? '']])))
}

async function plant(commands: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runInGuest(connect(machine.host, folder), `set -e\n${commands.join('\n')}`)
  expect(exitCode, stderr).toBe(0)
}

/**
 * A unit with the names, files and processes of the agent of Session Manager. It forwards connections to sshd from port 2222, writes its files
 * all the time, also while it stops, and stopping it does not end its second process.
 */
const agent = `install -D /lib/systemd/systemd-socket-proxyd /usr/local/lib/agent/amazon-ssm-agent
install -D /bin/sh /usr/local/lib/agent/ssm-agent-worker
write_files='mkdir -p /var/lib/amazon/ssm/i-1 /var/log/amazon/ssm; echo x | tee /var/lib/amazon/ssm/i-1/state /var/lib/amazon/ssm/registration >> /var/log/amazon/ssm/agent.log'
cat > /etc/systemd/system/amazon-ssm-agent.service <<END
[Unit]
Requires=amazon-ssm-agent.socket
[Service]
ExecStartPre=/bin/sh -c '/usr/local/lib/agent/ssm-agent-worker -c "while :; do $write_files; sleep 0.2; done" &'
ExecStart=/usr/local/lib/agent/amazon-ssm-agent 127.0.0.1:22
ExecStopPost=/bin/sh -c '$write_files'
KillMode=process
Restart=always
END
printf '[Socket]\\nListenStream=127.0.0.1:2222\\n' > /etc/systemd/system/amazon-ssm-agent.socket`
const startAgent = `systemctl start amazon-ssm-agent.service
for _ in $(seq 100); do test -s /var/lib/amazon/ssm/registration && break; sleep 0.1; done
pgrep ssm-agent-worke`
const agentLeft = 'pgrep -l "ssm-ag|amazon"; find /var/lib/amazon/ssm /var/log/amazon -type f; true'

/**
 * Programs that write logs all the time: a service that systemd starts again, loggers that refuse to stop, and a process without a unit. The
 * loggers are loops with the names of rsyslog and auditd, because the base image has neither, and a test needs no network.
 */
const writers = `mkdir -p /var/log/journal /etc/systemd/journald.conf.d
printf '[Journal]\\nStorage=persistent\\n' > /etc/systemd/journald.conf.d/persistent.conf
install -d -m 1777 -o nobody /var/log/sticky
write() {
  cat > "/etc/systemd/system/$1" <<END
[Unit]
$3
[Service]
ExecStart=/bin/sh -c 'while :; do echo line >> $2; echo line; sleep 0.2; done'
ExecStopPost=/bin/sh -c 'echo stopped >> $2'
Restart=always
RestartSec=100ms
END
}
mkdir -p /var/log/audit
write writer.service /var/log/writer.log
write rsyslog.service /var/log/syslog 'Requires=syslog.socket'
write auditd.service /var/log/audit/audit.log 'RefuseManualStop=yes'
printf '[Socket]\\nListenDatagram=/run/systemd/journal/syslog\\nService=rsyslog.service\\n' > /etc/systemd/system/syslog.socket`
const reset = `rm -rf /run/systemd/system.control/* /run/systemd/system/*
systemctl daemon-reload`
const startWriters = `${reset}
systemctl start systemd-journald.socket systemd-journald.service rsyslog.service auditd.service writer.service
journalctl --flush
setsid sh -c 'while :; do echo line >> /var/log/stray.log; sleep 0.2; done' </dev/null >/dev/null 2>&1 &
setpriv --reuid=nobody --clear-groups sh -c 'echo line > /var/log/sticky/other.log'
for file in writer.log stray.log syslog audit/audit.log sticky/other.log; do
  for second in $(seq 60); do test -s "/var/log/$file" && break; sleep 1; done
  test -s "/var/log/$file"
done
find /var/log/journal -name '*.journal' | grep -q .`

const seal = async (connection: Connection = connect(machine.host, folder), powerOff?: string) =>
  runInGuest(connection, sealWithoutPowerOff(powerOff), { variables: { SEALED: 'sealed' } })

// The first test, because sealing removes the host keys: the other tests share a connection that was opened before.
it('sealing through the agent of Session Manager stops it last, removes what it wrote, and only then powers the machine off', async () => {
  const direct = connect(machine.host, folder)
  await plant([reset, agent, startAgent, 'rm -f /run/powered-off'])
  const proxyCommand = ['ssh', ...direct.options, '-W', '127.0.0.1:2222', machine.host.address].map(quoteShell).join(' ')
  const through = connectThrough(join(folder, 'through'), { ...machine.host, proxyCommand })
  const result = await seal(through, `(${agentLeft}) >/run/left; mv /run/left /run/powered-off`)
  expect(result, result.stderr).toMatchObject({ exitCode: 0, stdout: 'sealed\n' })
  // The agent forwards the connection until it is closed.
  expect((await runInGuest(through, 'pgrep ssm-agent-worke; test ! -e /run/powered-off')).exitCode).toBe(0)
  await disconnect(through)
  await expect.poll(async () => (await runInGuest(direct, 'ls /run/powered-off')).exitCode, { timeout: 120_000, interval: 500 }).toBe(0)
  expect((await runInGuest(direct, 'cat /run/powered-off; systemctl is-active amazon-ssm-agent.service')).stdout).toBe('inactive\n')
})

it('sealing leaves no log, ten times in a row, while programs write logs all the time', async () => {
  await plant([writers, agent])
  for (let round = 1; round <= 10; round++) {
    await plant([startWriters, startAgent])
    const { stdout, stderr } = await seal()
    expect(stdout, `round ${round}: ${stderr}`).toContain('sealed')
    const left = await runInGuest(connect(machine.host, folder), "sleep 2; find /var/log/ -type f '(' -size +0 -o -path '*/journal/*' ')'")
    expect(left.stdout, `round ${round}`).toBe('')
    expect((await runInGuest(connect(machine.host, folder), agentLeft)).stdout, `round ${round}`).toBe('')
  }
})

it('a file that sealing cannot empty, or that contains the machine id, is named, and the machine is not sealed', async () => {
  await plant(['echo line > /var/log/kept.log', 'chattr +i /var/log/kept.log'])
  expect(await seal()).toMatchObject({ stdout: '', stderr: expect.stringContaining('could not be removed or emptied: /var/log/kept.log') })
  await plant(['chattr -i /var/log/kept.log', 'echo 0123456789abcdef0123456789abcdef | tee /etc/machine-id > /etc/copied-id'])
  expect(await seal()).toMatchObject({ stdout: '', stderr: expect.stringContaining('login key of the build: /etc/copied-id') })
  await plant(['rm /etc/copied-id'])
})

it('finds each trace of a build and each fault of a machine; sealing removes the traces', async () => {
  await plant([hostKeys, settings, ...sealed.map(([, command]) => command)])
  const found = await findFailed()
  expect([...found.keys()]).toEqual(expect.arrayContaining(sealed.map(([check]) => check)))
  expect(found.get('no-build-users')).toBe('found packer-1')
  expect(found.get('no-build-logs')).toContain('/var/log/build.log')
  expect(found.get('no-extra-login-keys')).toContain('/etc/ssh/keys/root: ssh-ed25519 AAAAstranger')
  expect(found.get('no-root-password-login')).toContain('PermitRootLogin is yes')
  expect(found.get('ssh-host-keys-new')).toContain('/srv/keys/host_key')
  await plant(['rm -r /etc/ssh/keys /srv/keys /etc/ssh/sshd_config.d/a.conf'])

  const result = await seal()
  expect(result.stdout, result.stderr).toContain('sealed')
  expect(parseNotes(result.stdout)).toEqual([])
  const after = await findFailed()
  expect(sealed.flatMap(([check]) => (after.has(check) ? [`${check}: ${after.get(check)}`] : []))).toEqual([])

  await plant([hostKeys, ...staying.map(([, command]) => command)])
  expect([...(await findFailed()).keys()]).toEqual(expect.arrayContaining(staying.map(([check]) => check)))
})

/** Programs of the image that lie about a key and a setuid program which stay in it. */
const forging = `rm -f /etc/ssh/sshd_config.d/*.conf
mkdir -p /etc/ssh/keys
echo 'ssh-ed25519 AAAAstranger me' > /etc/ssh/keys/root
echo 'AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u' > /etc/ssh/sshd_config.d/keys.conf
cp /bin/true /usr/lib/.x
chmod 4755 /usr/lib/.x
mv /usr/sbin/sshd /usr/sbin/sshd.real
printf '#!/bin/sh\\n/usr/sbin/sshd.real "$@" | sed "s: /etc/ssh/keys/%%u::"\\n' > /usr/sbin/sshd
mv /usr/bin/stat /usr/bin/stat.real
printf '#!/bin/sh\\ncase "$*" in */.x*) exit 1 ;; esac\\nexec /usr/bin/stat.real "$@"\\n' > /usr/bin/stat
chmod 0755 /usr/sbin/sshd /usr/bin/stat`

it('what a forging machine hides from its own checks is found on its disk', async () => {
  await plant([forging])
  expect((await findFailed()).get('no-extra-login-keys')).toBeUndefined()
  const connection = connect(machine.host, folder)
  const said = await runInGuest(connection, 'find / -xdev -type f -perm /6000 | while read -r file; do stat -c \'%a %n\' "$file"; done')
  await runInGuest(connection, 'systemctl poweroff --force')
  await vi.waitUntil(() => !isMachineRunning(machine.machine), { timeout: 120_000, interval: 500 })
  const started = performance.now()
  await using disk = await openOfflineDisk(machineFiles(machine.machine).disk, AbortSignal.timeout(300_000))
  const cases = await judgeOffline(disk, async () => parseModes(said.stdout))
  process.stderr.write(`the disk was read and judged in ${Math.round(performance.now() - started)} ms\n`)
  const failed = new Map(cases.map(({ name, status, message }) => [name, `${status}: ${message}`]))
  expect(failed.get('offline.no-login-keys')).toContain('found /etc/ssh/keys/root')
  expect(failed.get('offline.setuid-from-packages')).toBe('failed: found /usr/lib/.x')
  expect(failed.get('offline.setuid-as-reported')).toBe('failed: found /usr/lib/.x: the disk has 4755, the machine says nothing')
  expect(failed.get('offline.no-host-keys')).toContain('/etc/ssh/ssh_host_ed25519_key')
})
