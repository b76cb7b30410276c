import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSshKey } from '../../../core/ssh-key.ts'

/** An SSH host key pair, in the format of OpenSSH. */
export interface HostKey {
  readonly kind: 'ed25519' | 'ecdsa'
  readonly privateKey: string
  readonly publicKey: string
}

/** Makes new host keys for a machine. On this computer, because an emulated CPU takes a second for each. They are not stored here. */
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
 * The shell script that runs first in a restored machine. It sets everything that must differ between machines: random numbers, time,
 * machine-id, host keys, DHCP lease, random seed, and the authorized key. It starts few processes, because each one is slow with emulation.
 */
export function renewScript(publicKey: string, hostKeys: readonly HostKey[]): string {
  return `set -eu
umask 077
# Without new input, all machines from one snapshot would generate the same random numbers. RNDRESEEDCRNG makes the kernel use the input.
echo '${randomBytes(256).toString('base64')}' > /dev/urandom
perl -e 'open(F, "+<", "/dev/urandom") and ioctl(F, 0x5207, 0) or exit 1' ||
  python3 -c 'import fcntl; fcntl.ioctl(open("/dev/urandom", "r+b", 0), 0x5207)'

# The real-time clock went on while the machine was saved. Set the system clock to the second now; hwclock corrects the rest in parallel.
read -r seconds < /sys/class/rtc/rtc0/since_epoch
date -u -s "@$seconds" > /dev/null
hwclock --hctosys --utc > /dev/null 2>&1 < /dev/null &

# Rename the folder of the journal too, so that the journal continues.
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
# Before OpenSSH 9.8, the server reads its host keys at each connection; since then, only when it starts. Open connections continue.
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

/** The text of a known_hosts file for a port of 127.0.0.1. */
export function renderKnownHosts(port: number, hostKeys: readonly HostKey[]): string {
  return hostKeys.map(({ publicKey }) => `[127.0.0.1]:${port} ${publicKey}\n`).join('')
}

function writeHostKey({ kind, privateKey, publicKey }: HostKey): string {
  const file = `/etc/ssh/ssh_host_${kind}_key`
  return `cat > ${file} << 'END'\n${privateKey.trimEnd()}\nEND\necho '${publicKey}' > ${file}.pub`
}
