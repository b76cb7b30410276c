import { familyFile } from '../core/find-project.ts'
import { isPackage } from '../core/paths.ts'

/** The files of a new family, which can be built without a change: path in its folder → text. */
export function newFamilyFiles(name: string, base: string | undefined): Record<string, string> {
  return { [familyFile]: renderFamily(name, base), 'playbook.yml': renderPlaybook(name), 'verify/goss.yaml': renderGoss(name) }
}

function renderFamily(name: string, base: string | undefined): string {
  const schema = `${isPackage ? '../../node_modules/bakehouse' : '../..'}/schema/family.schema.json`
  return `# yaml-language-server: $schema=${schema}
description: What ${name} is for.

base:
  ${base === undefined ? `debian: bookworm\n\n${onAws}` : `family: ${base}`}

verify:
  suites:
    - goss: verify/goss.yaml
`
}

const onAws = `# The same release on EC2, for --cloud aws. The owner is the account of Debian.
aws:
  base:
    ami: { owners: ["136693071363"], name: debian-12-amd64-* }`

function renderPlaybook(name: string): string {
  return `---
- name: Configure ${name}
  hosts: all
  tasks:
    - name: Write the name of the family to the login message
      ansible.builtin.copy:
        content: "This is ${name}.\\n"
        dest: /etc/motd
        owner: root
        group: root
        mode: "0644"
`
}

function renderGoss(name: string): string {
  return `file:
  /etc/motd:
    exists: true
    owner: root
    mode: "0644"
    contents:
      - This is ${name}.
`
}
