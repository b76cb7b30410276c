import { afterAll, expect, it } from 'vitest'
import { makeProject, type Project } from '../../../helpers/project.ts'
import { tinyFamily } from '../../../helpers/tiny-family.ts'

// Tasks of public roles for Debian's cloud image: of the CIS benchmark, of the os_hardening and ssh_hardening roles of dev-sec, and of roles
// that install a service. On a base image without GRUB, they fail at the first file of GRUB. Then what else playbooks do: several plays, a
// reboot, another shell, tasks that wait.
const roleTasks = `
    - name: Make no new initramfs, which takes minutes on an emulated CPU
      ansible.builtin.copy: {content: "update_initramfs=no\\n", dest: /etc/initramfs-tools/update-initramfs.conf, mode: "0644"}
    - name: Install packages without refreshing the package lists, as many roles do
      ansible.builtin.apt: {name: [auditd, nvme-cli, open-iscsi, ssl-cert, tcsh], install_recommends: false}
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
    - name: root does not log in, as roles set it that edit the file of sshd
      ansible.builtin.lineinfile:
        path: /etc/ssh/sshd_config
        regexp: "^#?{{ item.split() | first }} "
        line: "{{ item }}"
        validate: sshd -t -f %s
      loop: [PermitRootLogin no, AllowTcpForwarding no, MaxAuthTries 2, AllowUsers deploy]
    - name: Restart sshd
      ansible.builtin.service: {name: ssh, state: restarted}
    - name: Remove what makes host keys, so that only the unit of sealing is left
      ansible.builtin.file: {path: "{{ item }}", state: absent}
      loop:
        - /etc/systemd/system/ssh-host-keys.service
        - /etc/systemd/system/ssh.service.wants/ssh-host-keys.service
    - name: No host keys from cloud-init either
      ansible.builtin.copy: {content: "ssh_genkeytypes: []\\n", dest: /etc/cloud/cloud.cfg.d/90-keys.cfg, mode: "0644"}
    - name: Home folders run no programs
      ansible.builtin.lineinfile: {path: /etc/fstab, line: "/home /home none bind,nosuid,nodev,noexec 0 0"}
    - name: The shell of the login is not a POSIX shell
      ansible.builtin.user: {name: deploy, shell: /bin/tcsh}
    - name: Log in again
      ansible.builtin.meta: reset_connection
    - name: Start something that takes a while
      ansible.builtin.command: sh -c 'sleep 2 && echo slept'
      async: 300
      poll: 0
      register: slow
    - name: Ask the computer that builds
      ansible.builtin.command: id -u
      delegate_to: localhost
      become: false
    - name: Become another user
      ansible.builtin.command: id -un
      become_user: nobody
      register: other
      failed_when: other.stdout != "nobody"
    - name: Wait for it
      ansible.builtin.async_status: {jid: "{{ slow.ansible_job_id }}"}
      register: waited
      until: waited.finished
      retries: 100
      delay: 1
    - name: Boot with the new settings
      ansible.builtin.reboot: {reboot_timeout: 900}
- name: In groups
  hosts: all
  serial: 1
  tasks:
    - name: The settings are in effect
      ansible.builtin.assert:
        that: ansible_facts.cmdline.audit == "1"
- name: Each machine at its own speed
  hosts: all
  strategy: free
  gather_facts: false
  tasks:
    - name: Leave another mark
      ansible.builtin.copy: {content: after reboot, dest: /etc/marked, mode: "0644"}
`
const goss = `
command:
  cat /proc/cmdline: {exit-status: 0, stdout: [audit=1]}
  grub-probe --target=fs_uuid /: {exit-status: 0}
  resolvectl status: {exit-status: 0}
  findmnt -no OPTIONS /dev/shm: {exit-status: 0, stdout: [noexec]}
  getent passwd deploy: {exit-status: 0, stdout: [/bin/tcsh]}
  findmnt -no OPTIONS /home: {exit-status: 0, stdout: [noexec]}
  sshd -T: {exit-status: 0, stdout: [permitrootlogin no, passwordauthentication no, maxauthtries 2, clientaliveinterval 120]}
  # This unit is made by sealing. It makes an RSA key too, which nothing else in this image makes.
  systemctl show -p ConditionResult -p Result bakehouse-host-keys: {exit-status: 0, stdout: [ConditionResult=yes, Result=success]}
service:
  auditd: {enabled: true, running: true}
file:
  /etc/tiny: {exists: true, contents: [baked]}
  /boot/efi/EFI/debian/grubx64.efi: {exists: true}
  /etc/marked: {exists: true, contents: [after reboot]}
  /etc/systemd/system/ssh-host-keys.service: {exists: false}
  /etc/ssh/ssh_host_rsa_key: {exists: true}
  /etc/nvme/hostid: {exists: true}
  /etc/iscsi/initiatorname.iscsi: {exists: true, contents: [InitiatorName=iqn]}
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
