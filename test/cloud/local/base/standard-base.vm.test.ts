import { afterAll, expect, it } from 'vitest'
import { makeProject, type Project } from '../../../helpers/project.ts'
import { tinyFamily } from '../../../helpers/tiny-family.ts'

// Tasks of a hardening role for Debian's cloud image. On a base image without GRUB, they fail at the first of these files.
const hardening = `
    - name: Install a package without refreshing the package lists, as many roles do
      ansible.builtin.apt: {name: tree}
    - name: Audit from the start of the kernel
      ansible.builtin.lineinfile:
        path: /etc/default/grub
        regexp: '^GRUB_CMDLINE_LINUX='
        line: GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200 audit=1"
    - name: Only root reads the configuration of the boot loader
      ansible.builtin.file: {path: /boot/grub/grub.cfg, mode: "0600", state: file}
    - name: Write the configuration of the boot loader
      ansible.builtin.command: update-grub
`
const goss = `
command:
  cat /proc/cmdline: {exit-status: 0, stdout: [audit=1]}
  grub-probe --target=fs_uuid /: {exit-status: 0}
  resolvectl status: {exit-status: 0}
file:
  /etc/tiny: {exists: true, contents: [baked]}
  /boot/efi/EFI/debian/grubx64.efi: {exists: true}
`

const project: Project = makeProject(
  tinyFamily('hardened', {
    family: 'base: {debian: bookworm}\nconfigure: {refreshPackages: true}\nverify: {suites: [{goss: verify/goss.yaml}]}\n',
    tasks: hardening,
    goss,
  }),
)
afterAll(() => project[Symbol.asyncDispose](), 120_000)

it('boots a promoted image with the kernel command line that its playbook wrote for GRUB', async () => {
  const { exitCode, outcome, stderr } = await project.bake('hardened')
  expect([exitCode, outcome.status], stderr).toEqual([0, 'promoted'])
  expect(outcome.verified?.map(({ suite, failed }) => [suite.split(' ')[0], failed])).toEqual([
    ['hygiene', 0],
    ['goss', 0],
  ])
})
