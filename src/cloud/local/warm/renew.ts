import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSshKey } from '../../../core/ssh-key.ts'

/** A host key pair of one kind, as OpenSSH writes them. */
export interface HostKey {
  readonly kind: 'ed25519' | 'ecdsa'
  readonly privateKey: string
  readonly publicKey: string
}

/** New host keys for one machine. Made here, because an emulated processor takes a second for each; gone from here at once. */
export async function makeHostKeys(): Promise<HostKey[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bakehouse-host-keys-'))
  try {
    const make = async (kind: HostKey['kind']): Promise<HostKey> => {
      const { file, publicKey } = await makeSshKey(join(folder, kind), { kind })
      return { kind, privateKey: await readFile(file, 'utf8'), publicKey }
    }
    return await Promise.all([make('ed25519'), make('ecdsa')])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * What a resumed machine does first, all in one go: new randomness, the time of day, a machine-id, host keys, a lease
 * and a random seed of its own, and the build's key instead of the snapshot's. Few processes: each is slow where emulated.
 */
export function renewScript(publicKey: string, hostKeys: readonly HostKey[]): string {
  return `set -eu
umask 077
# Machines of one snapshot would otherwise draw the same "random" numbers: fresh ones in, and the generator seeded from them.
echo '${randomBytes(256).toString('base64')}' > /dev/urandom
perl -e 'open(F, "+<", "/dev/urandom") and ioctl(F, 0x5207, 0) or exit 1' ||
  python3 -c 'import fcntl; fcntl.ioctl(open("/dev/urandom", "r+b", 0), 0x5207)'

# The clock of the board went on while the machine slept. At once to the second; to the tick, which nobody waits for, within a second.
read -r seconds < /sys/class/rtc/rtc0/since_epoch
date -u -s "@$seconds" > /dev/null
hwclock --hctosys --utc > /dev/null 2>&1 < /dev/null &

# The journal goes on under the new name.
read -r old < /etc/machine-id
new=${randomBytes(16).toString('hex')}
echo "$new" > /etc/machine-id
chmod 0444 /etc/machine-id
for journal in /var/log/journal /run/log/journal; do
  [ ! -d "$journal/$old" ] || mv "$journal/$old" "$journal/$new"
done

rm -f /etc/ssh/ssh_host_*
${hostKeys.map(writeHostKey).join('\n')}
chmod 0644 /etc/ssh/ssh_host_*.pub
cat > /root/.ssh/authorized_keys << 'END'
${publicKey}
END
[ ! -e /var/lib/systemd/random-seed ] || head -c 32 /dev/urandom > /var/lib/systemd/random-seed
# The server reads its keys at each connection; since OpenSSH 9.8 only when it starts. Connections that are there stay.
if [ -x /usr/lib/openssh/sshd-session ] || [ -x /usr/libexec/openssh/sshd-session ]; then
  read -r server < /run/sshd.pid
  kill -HUP "$server"
  sleep 1
fi
cards=
for card in /sys/class/net/*; do [ "$card" = /sys/class/net/lo ] || cards="$cards \${card##*/}"; done
networkctl renew $cards > /dev/null 2>&1 || true
`
}

/** A known_hosts file for a port of this computer. */
export function renderKnownHosts(port: number, hostKeys: readonly HostKey[]): string {
  return hostKeys.map(({ publicKey }) => `[127.0.0.1]:${port} ${publicKey}\n`).join('')
}

function writeHostKey({ kind, privateKey, publicKey }: HostKey): string {
  const file = `/etc/ssh/ssh_host_${kind}_key`
  return `cat > ${file} << 'END'\n${privateKey.trimEnd()}\nEND\necho '${publicKey}' > ${file}.pub`
}
