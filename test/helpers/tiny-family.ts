import type { Files } from './project.ts'

/** A small family: one file in the image, and one test for it. */
export function tinyFamily(name: string, change: { family?: string; tasks?: string; goss?: string } = {}): Files {
  return {
    [`${name}/family.yaml`]: change.family ?? 'base: {debian: bookworm, variant: lean}\nverify: {suites: [{goss: verify/goss.yaml}]}\n',
    [`${name}/playbook.yml`]: [
      '- name: Tiny',
      '  hosts: all',
      '  gather_facts: false',
      '  tasks:',
      '    - name: Leave a mark',
      '      ansible.builtin.copy: {content: baked, dest: /etc/tiny, mode: "0644"}',
      change.tasks ?? '',
    ].join('\n'),
    [`${name}/verify/goss.yaml`]: change.goss ?? 'file:\n  /etc/tiny: {exists: true, contents: [baked]}\n',
  }
}
