import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openOfflineDisk } from '../../../src/cloud/local/disk/files.ts'
import { judgeOffline } from '../../../src/guest/linux/offline.ts'

const signal = new AbortController().signal
const hasTools = ['mkfs.ext4 -V', 'qemu-nbd --version', 'sfdisk --version'].every(
  (command) => spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin ${command}`]).status === 0,
)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-disk-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

type Files = Readonly<Record<string, string | { text?: string; mode?: number; link?: string }>>

/** A sealed image: what a build leaves when all is well. */
const sealed: Files = {
  'etc/passwd': 'root:x:0:0::/root:/bin/sh\n',
  'etc/machine-id': '',
  'etc/ssh/sshd_config': 'PermitRootLogin no\n',
  'usr/bin/su': { mode: 0o4755 },
  'var/lib/dpkg/info/util-linux.list': '/bin\n/bin/su\n',
}

/** Makes a disk with an ext4 in its second partition, as the local base has it. */
function makeDisk(files: Files, kind = 'ext4'): string {
  for (const [path, about] of Object.entries(files)) {
    const { text = '', mode = 0o644, link } = typeof about === 'string' ? { text: about } : about
    const file = join(folder, 'root', path)
    mkdirSync(dirname(file), { recursive: true })
    if (link === undefined) writeFileSync(file, text)
    else symlinkSync(link, file)
    if (link === undefined) chmodSync(file, mode)
  }
  const script = `set -e; PATH=$PATH:/usr/sbin:/sbin; cd "$1"
    truncate -s 48M disk; printf 'label: gpt\\nsize=4M\\nsize=40M\\n' | sfdisk -q disk
    truncate -s 40M part; mkfs.$2 -q -d root part; dd if=part of=disk bs=1M seek=5 conv=notrunc status=none
    qemu-img convert -q -f raw -O qcow2 disk disk.qcow2`
  execFileSync('sh', ['-c', script, 'sh', folder, kind])
  return join(folder, 'disk.qcow2')
}

/** The checks that do not pass, with their messages. The machine tells the truth, or what it is told to. */
async function findFailed(files: Files, said: ReadonlyMap<string, number> = new Map([['/usr/bin/su', 0o4755]]), kind?: string) {
  await using disk = await openOfflineDisk(makeDisk({ ...sealed, ...files }, kind), signal)
  const cases = await judgeOffline(disk, async () => said)
  return Object.fromEntries(
    cases.filter(({ status }) => status !== 'passed').map(({ name, status, message }) => [name, `${status}: ${message}`]),
  )
}

describe.skipIf(!hasTools)('a disk that is read from outside', () => {
  it.each(['ext4', 'ext2'])('is sound on %s where sealing removed everything', async (kind) => {
    expect(await findFailed({}, undefined, kind)).toEqual({})
  })

  it('shows the keys of accounts, wherever sshd reads them', async () => {
    const failed = await findFailed({
      'root/.ssh/authorized_keys': '# comment\nssh-ed25519 AAAAstranger me\n',
      'etc/ssh/sshd_config.d/keys.conf': 'Match User ada\n  AuthorizedKeysFile /etc/ssh/keys/%u\n',
      'etc/ssh/keys/ada': 'command="x" ssh-rsa AAAAother\n',
      'home/ada/.ssh/known_hosts': 'host ssh-ed25519 AAAAharmless\n',
    })
    expect(failed).toEqual({ 'offline.no-login-keys': 'failed: found /root/.ssh/authorized_keys, /etc/ssh/keys/ada' })
  })

  it('shows host keys and a machine id that every machine would share', async () => {
    const failed = await findFailed({
      'etc/ssh/ssh_host_ed25519_key': 'private',
      'etc/ssh/sshd_config': 'HostKey /srv/key\n',
      'srv/key': 'private',
      'etc/machine-id': `${'a'.repeat(32)}\n`,
    })
    expect(failed).toEqual({
      'offline.no-host-keys': expect.stringMatching(/\/srv\/key/),
      'offline.machine-id-empty': `failed: found /etc/machine-id: ${'a'.repeat(32)}`,
    })
    expect(failed['offline.no-host-keys']).toContain('/etc/ssh/ssh_host_ed25519_key')
  })

  it('shows log files with content, at any depth, but no empty ones and none in other folders', async () => {
    const failed = await findFailed({
      'var/log/syslog': 'the build\n',
      'var/log/journal/system.journal': 'LPKSHHRH',
      'var/log/wtmp': '',
      'var/log/link': { link: '/etc/passwd' },
      'var/lib/log': 'no log',
    })
    expect(failed['offline.no-logs']?.split(/[ ,]+/).sort()).toEqual(
      ['failed:', 'found', '/var/log/journal/system.journal', '/var/log/syslog'].sort(),
    )
    expect(Object.keys(failed)).toEqual(['offline.no-logs'])
  })

  it('shows a setuid program that no package has, and that the machine hides', async () => {
    const failed = await findFailed({ 'usr/lib/.x': { mode: 0o4755 } })
    expect(failed).toEqual({
      'offline.setuid-from-packages': 'failed: found /usr/lib/.x',
      'offline.setuid-as-reported': 'failed: found /usr/lib/.x: the disk has 4755, the machine says nothing',
    })
  })

  it('reads big folders, big files and links', async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`srv/many/${'n'.repeat(200)}${index}`, '']))
    await using disk = await openOfflineDisk(
      makeDisk({ ...sealed, ...many, 'srv/big': 'x'.repeat(3_000_000), 'srv/link': { link: 'big' } }),
      signal,
    )
    const [files] = disk.files
    expect([...(files?.entries.keys() ?? [])].filter((path) => path.startsWith('/srv/many/'))).toHaveLength(300)
    expect(await files?.read('/srv/big', 10_000_000)).toBe('x'.repeat(3_000_000))
    expect(await files?.read('/srv/link', 100)).toBeUndefined()
  })

  it.each([
    ['xfs', 'XFSB'],
    ['LUKS', 'LUKS'],
  ])('is skipped with the reason where it holds %s', async (name, magic) => {
    const path = join(folder, 'disk')
    writeFileSync(path, Buffer.concat([Buffer.from(magic), Buffer.alloc(1024 * 1024)]))
    execFileSync('qemu-img', ['convert', '-q', '-f', 'raw', '-O', 'qcow2', path, `${path}.qcow2`])
    await using disk = await openOfflineDisk(`${path}.qcow2`, signal)
    const cases = await judgeOffline(disk, async () => new Map())
    expect(new Set(cases.map(({ status, message }) => `${status}: ${message}`))).toEqual(
      new Set([`skipped: no ext4 file system has /etc/passwd: the disk holds ${name}`]),
    )
  })

  it('is refused where a guest made a file system without an end', async () => {
    const file = makeDisk(sealed)
    // The folder at the top contains itself, and a name says that it is as long as the disk.
    execFileSync('sh', [
      '-c',
      `PATH=$PATH:/usr/sbin:/sbin; cd "$1"; debugfs -w -R 'link <2> etc/loop' part 2>/dev/null; debugfs -w -R 'sif /etc/passwd size 99999999999' part 2>/dev/null
      dd if=part of=disk bs=1M seek=5 conv=notrunc status=none; qemu-img convert -q -f raw -O qcow2 disk disk.qcow2`,
      'sh',
      folder,
    ])
    await using disk = await openOfflineDisk(file, signal)
    expect([...(disk.files[0]?.entries.keys() ?? [])].filter((path) => path.startsWith('/etc/loop/'))).toEqual([])
    expect((await disk.files[0]?.read('/etc/passwd', 1000))?.length).toBeLessThanOrEqual(1000)
  })
})
