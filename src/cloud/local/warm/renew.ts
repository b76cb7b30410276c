import { randomBytes } from 'node:crypto'

/**
 * What a resumed machine does first, all in one go: new randomness, the time of day, a machine-id, host keys, a lease
 * and a random seed of its own, and the build's key instead of the snapshot's. Prints the new public host keys.
 */
export function renewScript(publicKey: string): string {
  return `set -eu
umask 077
# Machines of one snapshot would otherwise draw the same "random" numbers: fresh ones in, and the generator seeded from them.
echo '${randomBytes(256).toString('base64')}' | base64 -d > /dev/urandom
perl -e 'open(F, "+<", "/dev/urandom") and ioctl(F, 0x5207, 0) or exit 1' ||
  python3 -c 'import fcntl; fcntl.ioctl(open("/dev/urandom", "r+b", 0), 0x5207)'

# The clock of the board went on while the machine slept. It counts whole seconds: half of one is what is missing on average.
date -u -s "@$(cat /sys/class/rtc/rtc0/since_epoch).5" > /dev/null

tr -d '-' < /proc/sys/kernel/random/uuid > /etc/machine-id
chmod 0444 /etc/machine-id

cd /etc/ssh
for key in ssh_host_*_key; do
  kind=\${key#ssh_host_}
  kind=\${kind%_key}
  { rm -f "$key" "$key.pub"; ssh-keygen -q -t "$kind" -N '' -C '' -f "$key"; } &
done
cat > /root/.ssh/authorized_keys << 'KEY'
${publicKey}
KEY
[ ! -e /var/lib/systemd/random-seed ] || head -c 32 /dev/urandom > /var/lib/systemd/random-seed
wait
# The server reads its keys again; connections there are stay.
kill -HUP "$(cat /run/sshd.pid)"
{
  networkctl renew $(ls /sys/class/net | grep -v '^lo$') || true
  systemctl restart systemd-journald || true
} > /dev/null 2>&1 < /dev/null &
cat ssh_host_*_key.pub
`
}

/** The public host keys that the script printed. Throws when there is none. */
export function parseHostKeys(printed: string): string[] {
  const keys = printed.split('\n').flatMap((line) => /^(?:ssh|ecdsa)-\S+ [A-Za-z0-9+/=]+/.exec(line)?.[0] ?? [])
  if (keys.length === 0) throw new Error('the resumed machine told no host keys')
  return keys
}

/** A known_hosts file for a port of this computer. */
export function renderKnownHosts(port: number, keys: readonly string[]): string {
  return keys.map((key) => `[127.0.0.1]:${port} ${key}\n`).join('')
}
