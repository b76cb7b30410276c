import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../../src/core/exec.ts'
import { playbooksFolder } from '../../src/core/paths.ts'
import { readTools } from '../../src/setup/tools.ts'

const folder = playbooksFolder()
const families = readdirSync(folder).filter((name) => name.startsWith('linux-'))
const files = families.flatMap((name) => ['playbook.yml', 'verify/verify.yml'].map((file) => join(folder, name, file))).filter(existsSync)
const tools = findTools()

describe('the families’ playbooks', () => {
  test.skipIf(!tools.lint)(
    'pass ansible-lint, profile production',
    async () => {
      const env = { PATH: `${tools.lint}/bin:${process.env.PATH}`, NO_COLOR: '1' }
      const result = await run('ansible-lint', ['--offline', '--profile', 'production', ...files], { cwd: join(folder, '..'), env })
      expect(result.exitCode, result.stdout + result.stderr).toBe(0)
    },
    180_000,
  )

  test.skipIf(!tools.venv).each(files)(
    '%s has no error of syntax',
    async (file) => {
      const result = await run(`${tools.venv}/bin/ansible-playbook`, ['--syntax-check', '-i', 'localhost,', file])
      expect(result.exitCode, result.stderr).toBe(0)
    },
    60_000,
  )
})

/** What set-up put in place; tests without their tool are skipped. */
function findTools(): { venv?: string; lint?: string } {
  try {
    const { venv, checksVenv } = readTools()
    return { venv, ...(checksVenv ? { lint: checksVenv } : {}) }
  } catch {
    return {}
  }
}
