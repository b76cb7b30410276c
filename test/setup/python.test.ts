import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compileArguments } from '../../src/setup/python.ts'

it('compiles the modules that every run imports, but not the Ansible collections', () => {
  const folder = mkdtempSync(join(tmpdir(), 'python-'))
  try {
    for (const name of ['ansible', 'ansible_collections']) {
      mkdirSync(join(folder, 'lib', name), { recursive: true })
      writeFileSync(join(folder, 'lib', name, 'module.py'), 'answer = 42\n')
    }
    execFileSync('python3', compileArguments(folder))
    expect(existsSync(join(folder, 'lib/ansible/__pycache__'))).toBe(true)
    expect(existsSync(join(folder, 'lib/ansible_collections/__pycache__'))).toBe(false)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
