import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseNotes } from '../../../src/guest/linux/seal.ts'

const functions = join(import.meta.dirname, '../../../src/guest/linux/release-space.sh')
const isRoot = process.getuid?.() === 0
const asRoot = isRoot ? [] : ['sudo', '-n']

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-space-'))
  mkdirSync(join(folder, 'bin'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs commands with the functions of release-space.sh as root. Replaces the given programs by scripts. */
function runAsRoot(commands: string, programs: Readonly<Record<string, string>> = {}): { stdout: string; stderr: string } {
  // Waits only for this disk, not for the disks of the computer.
  const sync = 'exec /bin/sync -f "$(dirname "$0")/../point"'
  for (const [name, text] of Object.entries({ sync, ...programs })) {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, 'bin', name), 0o755)
  }
  const [command = '', ...args] = [...asRoot, 'unshare', '--mount', 'sh', '-s', folder]
  return spawnSync(command, args, {
    encoding: 'utf8',
    // Uses neither the disks nor the swap of this computer.
    input: `set -u; PATH=$1/bin:$PATH:/usr/sbin:/sbin; fail() { echo "failed: $*"; exit 1; }\n. ${functions}\nMOUNTS=$1/mounts SWAPS=$1/swaps\n${commands}\n`,
  })
}

/** Removes 300 files with secrets from a file system in `disk`, runs the given commands, and unmounts it. */
function onDisk(
  kind: string,
  work: string,
  programs?: Readonly<Record<string, string>>,
): { secrets: number; stdout: string; stderr: string } {
  const { stdout, stderr } = runAsRoot(
    `set -e; mount -o remount,rw /sys 2>/dev/null || :
    truncate -s 24M $1/disk; mkfs.${kind} $1/disk >/dev/null 2>&1; mkdir $1/point; mount -o loop $1/disk $1/point
    awk -v folder=$1/point 'BEGIN { text = sprintf("%3000s", "s3cr3t-value"); for (i = 0; i < 300; i++) { file = folder "/" i; print text >file; close(file) } }'
    sync; rm $1/point/[0-9]*; sync; : >$1/mounts
    grep " $1/point " /proc/self/mountinfo >$1/mounts; set +e
    ${work}
    ls $1/point | grep -v lost+found; df -Pk $1/point | awk 'END { print "used", $3 }'; umount $1/point`,
    programs,
  )
  return { secrets: readFileSync(join(folder, 'disk'), 'latin1').split('s3cr3t-value').length - 1, stdout, stderr }
}

const canMount = spawnSync('sh', ['-c', `${asRoot.join(' ')} losetup --find`]).status === 0

describe.skipIf(!canMount)('the content of a file that was removed before sealing', () => {
  it('is in the image if its blocks are not released', () => {
    expect(onDisk('ext4', ':').secrets).toBeGreaterThan(250)
  })

  it('is removed by a trim', () => {
    expect(onDisk('ext4', 'release_space')).toMatchObject({ secrets: 0, stdout: expect.not.stringContaining('seal note') })
  })

  it('is overwritten if the disk does not support trim, and the space is then free', () => {
    const { secrets, stdout, stderr } = onDisk('ext4', 'release_space', { fstrim: 'exit 1' })
    expect([secrets, stdout.trim(), stderr]).toEqual([0, expect.stringMatching(/^used \d{1,4}$/), expect.anything()])
  })

  it('is reported as readable if the time is not enough', () => {
    const { stdout } = onDisk('ext4', 'overwrite_seconds=0; release_space', { fstrim: 'exit 1', dd: 'exec sleep 30' })
    const [note = ''] = parseNotes(stdout)
    expect(note).toMatch(/^removed files in \/.*\/point may be readable: \d+ MiB of free space were not overwritten within 0 s/)
  })
})

describe.skipIf(!canMount)('the content of swap', () => {
  beforeEach(() => {
    execFileSync('sh', [
      '-c',
      'head -c 200000 /dev/zero >"$1"; mkswap -U 01234567-89ab-cdef-0123-456789abcdef "$1"',
      'sh',
      join(folder, 'swap'),
    ])
    writeFileSync(
      join(folder, 'swap'),
      `${readFileSync(join(folder, 'swap'), 'latin1').slice(0, 100_000)}s3cr3t-value`.padEnd(200_000, '\0'),
      'latin1',
    )
    writeFileSync(
      join(folder, 'swaps'),
      `Filename Type Size Used Priority\n${join(folder, 'swap')} file 192 0 -2\n/dev/zram0 partition 9 0 1\n`,
    )
  })
  const left = (): string => readFileSync(join(folder, 'swap'), 'latin1')

  it('is overwritten, and the swap keeps its UUID', () => {
    runAsRoot('clear_swap', { swapoff: 'exit 0' })
    expect(left()).not.toContain('s3cr3t-value')
    expect(left()).toHaveLength(200_000)
    expect(Buffer.from(left(), 'latin1').toString('hex')).toContain('0123456789abcdef0123456789abcdef')
  })

  it('is reported as readable if swap cannot be turned off', () => {
    const { stdout } = runAsRoot('clear_swap', { swapoff: 'exit 1' })
    expect(parseNotes(stdout)).toEqual([`the swap ${join(folder, 'swap')} may be readable: swapoff failed`])
  })
})

it('only the first notes of a machine that prints notes without end are kept', () => {
  expect(parseNotes('seal note: a\nxseal note: b\n'.repeat(1000))).toHaveLength(20)
})
