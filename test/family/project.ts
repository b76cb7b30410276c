import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Creates a project with these files for a test. `BAKEHOUSE_PROJECT` and `BAKEHOUSE_HOME` refer to it until it is disposed. */
export function makeProject(
  files: Readonly<Record<string, string | Uint8Array>>,
): Disposable & { folder: string; write: (path: string, content: string | Uint8Array) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-test-'))
  const before = { BAKEHOUSE_PROJECT: process.env.BAKEHOUSE_PROJECT, BAKEHOUSE_HOME: process.env.BAKEHOUSE_HOME }
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  for (const [path, content] of Object.entries(files)) write(path, content)
  process.env.BAKEHOUSE_PROJECT = folder
  process.env.BAKEHOUSE_HOME = join(folder, '.bakehouse')
  return {
    folder,
    write,
    [Symbol.dispose]() {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The files of a valid family. */
export function familyFiles(name: string, yaml: string | Uint8Array): Record<string, string | Uint8Array> {
  return {
    [`playbooks/${name}/family.yaml`]: yaml,
    [`playbooks/${name}/playbook.yml`]: '- hosts: all\n',
    [`playbooks/${name}/verify/goss.yaml`]: 'file: {}\n',
    [`playbooks/${name}/verify/test_it.py`]: 'def test_it(): pass\n',
  }
}
