import { afterAll, expect, it } from 'vitest'
import { makeProject, type Project } from '../../../helpers/project.ts'
import { tinyFamily } from '../../../helpers/tiny-family.ts'

// Tasks of public roles for Debian's cloud image: of the CIS benchmark, of the os_hardening and ssh_hardening roles of dev-sec, and of roles
// that install a service. On a base image without GRUB, they fail at the first file of GRUB.
const roleTasks = `
    - name: Install packages without refreshing the package lists, as many roles do
      ansible.builtin.apt: {name: [auditd, nvme-cli, ssl-cert], install_recommends: false}
    - name: Audit from the start of the kernel
      ansible.builtin.lineinfile:
        path: /etc/default/grub
        regexp: '^GRUB_CMDLINE_LINUX='
        line: GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200 audit=1"
    - name: Only root reads the configuration of the boot loader
      ansible.builtin.file: {path: /boot/grub/grub.cfg, mode: "0600", state: file}
    - name: Write the configuration of the boot loader
      ansible.builtin.command: update-grub
    - name: Nothing runs from memory
      ansible.builtin.lineinfile:
        path: /etc/fstab
        line: "{{ item }} {{ item }} tmpfs rw,nosuid,nodev,noexec 0 0"
      loop: [/dev/shm, /tmp]
    - name: Mount it so now
      ansible.builtin.shell: "mount -o remount,nosuid,nodev,noexec /dev/shm && mount /tmp"
    - name: New files are private
      ansible.builtin.lineinfile: {path: /etc/login.defs, regexp: '^UMASK', line: UMASK 077}
    - name: New files are private in shells too
      ansible.builtin.copy: {content: "umask 077\\n", dest: /etc/profile.d/umask.sh, mode: "0644"}
    - name: Commands of sudo have a terminal of their own
      ansible.builtin.copy: {content: "Defaults use_pty, umask=0077\\n", dest: /etc/sudoers.d/hardening, mode: "0440"}
    - name: Settings of the kernel
      ansible.builtin.copy: {content: "kernel.kptr_restrict=2\\nfs.protected_regular=2\\n", dest: /etc/sysctl.d/90-hardening.conf, mode: "0644"}
    - name: root does not log in
      ansible.builtin.copy:
        content: "PermitRootLogin no\\nAllowTcpForwarding no\\nMaxAuthTries 2\\nAllowUsers deploy\\n"
        dest: /etc/ssh/sshd_config.d/00-hardening.conf
        mode: "0600"
    - name: Restart sshd
      ansible.builtin.service: {name: ssh, state: restarted}
`
const goss = `
command:
  cat /proc/cmdline: {exit-status: 0, stdout: [audit=1]}
  grub-probe --target=fs_uuid /: {exit-status: 0}
  resolvectl status: {exit-status: 0}
  findmnt -no OPTIONS /dev/shm: {exit-status: 0, stdout: [noexec]}
  sshd -T: {exit-status: 0, stdout: [permitrootlogin no]}
service:
  auditd: {enabled: true, running: true}
file:
  /etc/tiny: {exists: true, contents: [baked]}
  /boot/efi/EFI/debian/grubx64.efi: {exists: true}
  /etc/nvme/hostid: {exists: true}
  /etc/ssl/private/ssl-cert-snakeoil.key: {exists: true}
`
const family = `base: {debian: bookworm}
login: {by: cloud-init, user: deploy}
configure: {refreshPackages: true, become: true}
verify: {clones: 2, suites: [{goss: verify/goss.yaml}]}
`

const project: Project = makeProject(tinyFamily('hardened', { family, tasks: roleTasks, goss }))
afterAll(() => project[Symbol.asyncDispose](), 120_000)

it('builds with the tasks of public roles: kernel command line, noexec, no login of root; services differ between two machines', async () => {
  const { exitCode, outcome, stderr } = await project.bake('hardened')
  expect([exitCode, outcome.status], stderr).toEqual([0, 'promoted'])
  expect(outcome.verified?.map(({ suite, failed }) => [suite.split(/[ :]/)[0], failed])).toEqual([
    ['hygiene', 0],
    ['goss', 0],
    ['hygiene', 0],
    ['goss', 0],
    ['clones', 0],
  ])
  expect(outcome.verified?.at(-1)?.passed, 'machine id, host keys, services').toBe(3)
})
