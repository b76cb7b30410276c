import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parsePackages } from '../../../../src/cloud/local/base/debian.ts'
import { assembleCommand, bootstrapArguments, overlayTarArguments, recipeKey, rootUuid } from '../../../../src/cloud/local/base/recipe.ts'
import { basePackages } from '../../../../src/cloud/local/base/variants.ts'
import { projectFolder, sourceFolder } from '../../../../src/core/paths.ts'
import { debianReleases, debianVariants } from '../../../../src/model/debian-release.ts'
import { findText } from '../../../helpers/project.ts'

const bases = debianReleases.flatMap((release) => debianVariants.map((variant) => ({ release, variant })))

describe.each(bases)('the recipe of $release, $variant', (base) => {
  const { release, variant } = base
  it('has a key that is the same as long as nothing changes', () => {
    expect(recipeKey(base)).toMatch(/^[0-9a-f]{16}$/)
    expect(recipeKey(base)).toBe(recipeKey(base))
  })

  it('contains the packages that a login needs', () => {
    const needed = ['systemd', 'openssh-server', 'python3', 'linux-image-cloud-amd64', 'cloud-init']
    expect(basePackages(release, variant)).toEqual(expect.arrayContaining(needed))
  })

  it('takes the mirrors it is given, and the system default without any', () => {
    const spec = { ...base, target: '/t.tar', overlay: "/o's.tar", mode: 'unshare' } as const
    const given = bootstrapArguments({ ...spec, sources: [`deb http://m ${release} main`] })
    expect(given.slice(-3)).toEqual([release, '/t.tar', `deb http://m ${release} main`])
    expect(given[0]).toBe('--mode=unshare')
    expect(bootstrapArguments({ ...spec, sources: [] }).at(-1)).toBe('/t.tar')
    expect(bootstrapArguments({ ...spec, sources: [] })).toContain(`--customize-hook=tar-in '/o'\\''s.tar' /`)
  })

  it('is put together by a command that opens no file of the user', () => {
    const command = assembleCommand(base, '/usr/bin/qemu-img', ['convert', '-q'])
    expect(command.filter((word) => word.startsWith('/'))).toEqual(['/usr/bin/qemu-img'])
    expect(command).toContain(rootUuid(base))
  })
})

describe('the recipe of a base', () => {
  it('names no release in the files that all of them get', () => {
    const rootfs = join(sourceFolder(), 'cloud/local/base/rootfs')
    expect(debianReleases.flatMap((release) => findText(rootfs, release))).toEqual([])
  })

  it('has another key and another root file system for each release and variant', () => {
    expect(new Set(bases.map(recipeKey)).size).toBe(bases.length)
    expect(new Set(bases.map(rootUuid)).size).toBe(bases.length)
    for (const uuid of bases.map(rootUuid)) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('changes no setting of systemd in the standard variant', () => {
    const base = join(sourceFolder(), 'cloud/local/base')
    const folders = ['rootfs/common', 'rootfs/standard', 'customise.sh', 'customise-standard.sh'].map((path) => join(base, path))
    expect(spawnSync('grep', ['-rlE', 'DefaultTimeout|systemctl -q mask', ...folders], { encoding: 'utf8' }).stdout).toBe('')
  })

  it('leaves the settings of sshd to the file that roles edit: sshd takes the first value, and reads sshd_config.d first', () => {
    const rootfs = join(sourceFolder(), 'cloud/local/base/rootfs')
    expect(spawnSync('find', [rootfs, '-path', '*/etc/ssh/*', '-type', 'f'], { encoding: 'utf8' }).stdout).toBe('')
  })

  it('gives all files of the image to root', () => {
    expect(overlayTarArguments('lean', '/t')).toEqual(expect.arrayContaining(['--owner=0', '--group=0', '--mode=u=rwX,go=rX']))
  })
})

// The packages of genericcloud for AMD64, by class: https://salsa.debian.org/cloud-team/debian-cloud-images, the folders
// config_space/12/package_config and config_space/13/package_config. Its src/debian_cloud_images/resources/image.yaml names the classes.
const words = (text: string): string[] => text.split(' ')
const inBoth = [
  // SYSTEM_BOOT, TIME_SYSTEMD
  ...words('sudo libpam-systemd systemd-resolved libnss-myhostname netplan.io polkitd unattended-upgrades apparmor zstd apt-utils init'),
  ...words('iptables iputils-ping less nano netbase vim-tiny whiptail systemd-timesyncd'),
  // CLOUD, GENERIC, AMD64, LINUX_VARIANT_CLOUD
  ...words('openssh-server ssh-import-id cloud-initramfs-growroot cloud-init cloud-guest-utils linux-image-cloud-amd64 grub-cloud-amd64'),
  // EXTRAS
  ...words('apt-listchanges bash-completion bind9-host less man-db manpages socat pciutils reportbug traceroute vim psmisc tcpdump'),
  ...words('ca-certificates curl ethtool uuid-runtime screen xz-utils'),
]
const genericcloud = {
  bookworm: inBoth,
  trixie: [...inBoth, ...words('e2fsprogs dosfstools libnss-resolve linux-sysctl-defaults')],
}
/** What Debian's image installs because other packages depend on it, so that its lists do not name it. */
const dependencies = words('systemd systemd-sysv udev dbus kmod initramfs-tools python3 iproute2 procps')
const differences = {
  left: ['cloud-initramfs-growroot', 'man-db', 'manpages', 'apt-listchanges', 'reportbug'],
  added: ['python3-apt', 'fdisk', 'e2fsprogs', 'dosfstools', 'busybox'],
}

describe('the packages of the standard variant', () => {
  it.each(debianReleases)("are those of Debian's image genericcloud, except the documented ones: %s", (release) => {
    const expected = new Set([...genericcloud[release], ...dependencies, ...differences.added])
    for (const name of differences.left) expected.delete(name)
    expect([...basePackages(release, 'standard')].sort()).toEqual([...expected].sort())
  })

  it('differ only in packages that docs/debian-base.md names', () => {
    const text = readFileSync(join(projectFolder(), 'docs/debian-base.md'), 'utf8')
    expect([...differences.left, ...differences.added].filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })
})

describe('the package list', () => {
  it('contains installed packages, but not removed ones whose configuration is left', () => {
    const status = [
      'Package: zsh\nStatus: deinstall ok config-files\nVersion: 5.9-4',
      'Package: sudo\nStatus: install ok installed\nDescription: x\n Package: no\nVersion: 1.9.13p3-1',
      'Package: apt\nStatus: install ok installed\nVersion: 2.6.1',
      '',
    ].join('\n\n')
    expect(parsePackages(status)).toEqual({ apt: '2.6.1', sudo: '1.9.13p3-1' })
  })
})
