import { spawnSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseHygiene } from '../../../src/guest/hygiene.ts'
import { hygieneScript } from '../../../src/guest/linux/hygiene.ts'
import { parseNotes } from '../../../src/guest/linux/seal.ts'
import { makeKeyPair } from '../../../src/guest/ssh/keys.ts'
import { sshArguments } from '../../../src/guest/ssh/options.ts'
import { canChroot, copyFolder, debianFolder, runInChroot, sealedPackages } from '../../helpers/chroot.ts'
import { sealWithoutPowerOff } from '../../helpers/seal.ts'

interface Release {
  readonly name: string
  readonly release: string
  readonly more: readonly string[]
  readonly ubuntu?: string
}

const releases: readonly Release[] = [
  { name: 'Debian 11', release: 'bullseye', more: ['isc-dhcp-client'] },
  { name: 'Debian 12', release: 'bookworm', more: ['isc-dhcp-client'] },
  { name: 'Debian 13', release: 'trixie', more: ['dhcpcd-base', 'libpam-lastlog2'] },
  // `BAKEHOUSE_TEST_UBUNTU=jammy,noble` adds these releases, which need a mirror of Ubuntu and its keyring.
  ...(process.env.BAKEHOUSE_TEST_UBUNTU ?? '')
    .split(',')
    .filter(Boolean)
    .map((release) => ({ name: `Ubuntu ${release}`, release, more: ['isc-dhcp-client'], ubuntu: 'http://archive.ubuntu.com/ubuntu' })),
]

/** Identities and remains that no package of the list makes by itself. */
const planted: Readonly<Record<string, string>> = {
  '/etc/docker/key.json': 'no-service-identities',
  '/var/lib/docker/engine-id': 'no-service-identities',
  '/var/lib/containerd/io.containerd.grpc.v1.introspection/uuid': 'no-service-identities',
  '/etc/rancher/node/password': 'no-service-identities',
  '/var/lib/rancher/k3s/server/token': 'no-service-identities',
  '/etc/salt/pki/minion/minion.pem': 'no-service-identities',
  '/etc/puppet/ssl/private_keys/vm.pem': 'no-service-identities',
  '/etc/chef/client.pem': 'no-service-identities',
  '/opt/consul/node-id': 'no-service-identities',
  '/var/lib/ecs/data/agent.db': 'no-service-identities',
  '/var/lib/amazon/ssm/Vault/Store/RegistrationKey': 'no-service-identities',
  '/var/lib/amazon/ssm/credentials': 'no-service-identities',
  '/etc/pki/consumer/cert.pem': 'no-service-identities',
  '/var/lib/ubuntu-advantage/private/machine-token.json': 'no-service-identities',
  '/etc/krb5.keytab': 'no-service-identities',
  '/etc/lvm/devices/system.devices': 'no-service-identities',
  '/var/lib/mysql/auto.cnf': 'no-service-identities',
  '/var/lib/dhcp/dhclient.eth0.leases': 'no-dhcp-leases',
  '/var/lib/dhcpcd/secret': 'no-dhcp-leases',
  '/var/lib/wicked/duid.xml': 'no-dhcp-leases',
  '/var/lib/NetworkManager/secret_key': 'no-dhcp-leases',
  '/etc/NetworkManager/system-connections/cloud-init-eth0.nmconnection': 'no-network-settings',
  '/etc/cloud/cloud.cfg.d/99-installer.cfg': 'no-installer-files',
  '/root/anaconda-ks.cfg': 'no-installer-files',
  '/var/lib/systemd/timers/stamp-apt-daily.timer': 'no-timer-stamps',
  '/var/cache/dnf/packages.solv': 'no-package-lists',
  '/var/cache/libdnf5/fedora/x.solv': 'no-package-lists',
  '/var/cache/zypp/solv/x': 'no-package-lists',
  '/var/cache/apk/APKINDEX.tar.gz': 'no-package-lists',
  '/root/.mariadb_history': 'no-shell-history',
  '/root/.node_repl_history': 'no-shell-history',
  '/root/.local/share/fish/fish_history': 'no-shell-history',
  '/home/ada/.zsh_history': 'no-shell-history',
  '/var/lib/lastlog/lastlog2.db': 'no-build-logs',
}

/** Files that the playbook may have put there, and that stay. */
const kept = [
  '/root/.cache/ms-playwright/chrome',
  '/root/.ansible/collections/requirements.yml',
  '/var/lib/cloud/scripts/per-boot/10-family',
  '/var/lib/cloud/seed/nocloud/meta-data',
  '/var/spool/cron/crontabs/ada',
]

const machineId = '0123456789abcdef0123456789abcdef'
const put = (path: string) => `mkdir -p "$(dirname '${path}')" && echo x >'${path}'`

/** The scripts in a chroot; also what the machine does at its first boot. */
const script = `
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
useradd --create-home ada
echo ${machineId} >/etc/machine-id
${[...Object.keys(planted), ...kept].map(put).join('\n')}
mkdir -p /etc/cloud/clean.d
printf '#!/bin/sh\\necho ran >/etc/cleaned\\n' >/etc/cloud/clean.d/10-package
chmod 755 /etc/cloud/clean.d/10-package
install -d -m 1777 /var/log/sticky
echo line >/var/log/sticky/server.log
chown ada /var/log/sticky/server.log
identity() { cat /etc/iscsi/initiatorname.iscsi /etc/nvme/hostnqn /etc/nvme/hostid /etc/ssl/certs/ssl-cert-snakeoil.pem /etc/ssh/ssh_host_ed25519_key.pub | grep -v '^#'; }
part before
identity
check() {
  ( TRIAL_KEY=key NOW=0 BOOTS=1 SINCE=99999999999
${hygieneScript()}
  )
}
part found
check
part sealing
( SEALED='it is sealed' BUILD_KEY=buildkey MOUNTS=/dev/null SWAPS=/dev/null
${sealWithoutPowerOff()}
)
part left
check
part removed
ls -d ${Object.keys(planted).join(' ')} 2>/dev/null
part kept
ls ${kept.join(' ')} /etc/cleaned
part first-boot
sh /etc/bakehouse/new-identity && ssh-keygen -A >/dev/null
part marker
ls /etc/bakehouse
part after
identity
part unit
cat /etc/systemd/system/bakehouse-host-keys.service
ls /etc/systemd/system/*.wants
`

describe.skipIf(!canChroot())('sealing and hygiene on', () => {
  describe.each(releases)('$name', ({ release, more, ubuntu }) => {
    let parts: ReadonlyMap<string, string>
    const failed = (part: string): ReadonlyMap<string, string> =>
      new Map(
        parseHygiene(parts.get(part) ?? '').flatMap(({ name, status, message }) => (status === 'failed' ? [[name, message ?? '']] : [])),
      )

    beforeAll(() => {
      parts = runInChroot(debianFolder(release, [...sealedPackages, ...more], ubuntu), script)
    }, 900_000)

    it('finds the identities that packages made, and each planted one', () => {
      const found = failed('found')
      const missing = Object.values(planted).filter((check) => !found.has(check))
      expect(missing).toEqual([])
      expect(found.get('no-service-identities')).toContain('/etc/iscsi/initiatorname.iscsi')
      expect([...found.keys()]).toEqual(expect.arrayContaining(['ssh-host-keys-new']))
      expect(parts.get('before')).toMatch(/InitiatorName=iqn\..*nqn\.2014-08.*BEGIN CERTIFICATE.*ssh-ed25519/s)
    })

    it('sealing removes all of them and runs the scripts of cloud-init', () => {
      expect(parts.get('sealing')).toContain('it is sealed')
      expect(parseNotes(parts.get('sealing') ?? '')).toEqual([])
      expect(parts.get('removed')).toBe('')
      const left = failed('left')
      const checks = [...new Set(Object.values(planted)), 'no-build-logs', 'no-shell-history', 'ssh-host-keys-new']
      expect(checks.flatMap((check) => (left.has(check) ? [`${check}: ${left.get(check)}`] : []))).toEqual([])
    })

    it('sealing keeps what the playbook may have put there', () => {
      expect(parts.get('kept')?.split('\n').sort()).toEqual([...kept, '/etc/cleaned'].sort())
    })

    it('a machine of the image makes new identities once', () => {
      const lines = (part: string) => (parts.get(part) ?? '').split('\n').filter((line) => /Initiator|nqn|^[0-9a-f-]{36}$|^ssh-/.test(line))
      expect(lines('after')).toHaveLength(lines('before').length)
      expect(lines('after').filter((line) => lines('before').includes(line))).toEqual([])
      expect(parts.get('marker')).toBe('')
      expect(parts.get('unit')).toMatch(/ConditionPathExistsGlob=!.*bakehouse-host-keys.service/s)
    })
  })

  // The crypto policy of RHEL in FIPS mode, for a real sshd.
  it('the build logs in to a machine in FIPS mode, which knows no Ed25519', async () => {
    const keys = mkdtempSync(join(tmpdir(), 'bakehouse-keys-'))
    try {
      const { identityFile, publicKey } = await makeKeyPair(keys, 'base')
      const fips = ['PubkeyAcceptedAlgorithms=ecdsa-sha2-nistp256', 'KexAlgorithms=ecdh-sha2-nistp256', 'Ciphers=aes256-gcm@openssh.com']
      const sshd = join(keys, 'sshd')
      writeFileSync(
        sshd,
        `mkdir -p /run/sshd /root/.ssh
echo '${publicKey}' >/root/.ssh/authorized_keys
ssh-keygen -A >/dev/null
exec /usr/sbin/sshd -i -o HostKey=/etc/ssh/ssh_host_ecdsa_key -o StrictModes=no -o UsePAM=no ${fips.map((option) => `-o ${option}`).join(' ')}\n`,
      )
      const machine = { address: 'vm', port: 22, user: 'root', identityFile, knownHostsFile: join(keys, 'hosts') }
      const login = () => {
        using copy = copyFolder(debianFolder('bookworm', [...sealedPackages, 'isc-dhcp-client']))
        const target = { ...machine, proxyCommand: `${copy.command} sh -c "$(cat '${sshd}')"` }
        return spawnSync('ssh', [...sshArguments(target, { learnsHostKey: true }), 'vm', 'echo logged in'], { encoding: 'utf8' })
      }
      expect(login()).toMatchObject({ stdout: 'logged in\n' })
      // With the Ed25519 key alone, the machine refuses the login.
      renameSync(`${identityFile}-ecdsa`, join(keys, 'unused'))
      expect(login().stderr).toContain('Permission denied')
    } finally {
      rmSync(keys, { recursive: true })
    }
  })
})
