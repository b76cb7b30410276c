import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { isWithin } from '../../src/core/dotted-version.ts'
import { run } from '../../src/core/exec.ts'
import { playbooksFolder, sourceFolder } from '../../src/core/paths.ts'
import { readTools } from '../../src/core/tools.ts'
import { parseRequirements } from '../../src/guest/ansible/requirements.ts'

const folder = playbooksFolder()
const families = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'family.yaml')))
const own = families.flatMap((name) => ['playbook.yml', 'verify/verify.yml'].map((file) => join(folder, name, file))).filter(existsSync)
const files = [...own, ...globSync(join(sourceFolder(), 'guest/*/plays/*.yml'))]
const tools = findTools()
/** The folder of the pinned collections. The linter has a separate Python environment. */
const [collections = ''] = tools.venv ? globSync(`${tools.venv}/lib/python3*/site-packages`) : []

describe('the playbooks of the families and of the Windows steps', () => {
  test('are those of every family', () => {
    expect(own.map((file) => file.slice(folder.length + 1))).toEqual(
      expect.arrayContaining(['linux-base/playbook.yml', 'linux-web/playbook.yml', 'windows-base/playbook.yml']),
    )
    expect(files.filter((file) => file.includes('/plays/'))).toHaveLength(3)
  })

  test.skipIf(!tools.lint || !collections)(
    'pass ansible-lint, profile production',
    async () => {
      const env = { PATH: `${tools.lint}/bin:${process.env.PATH}`, NO_COLOR: '1', ANSIBLE_COLLECTIONS_PATH: collections }
      const result = await run('ansible-lint', ['--offline', '--profile', 'production', ...files], { cwd: join(folder, '..'), env })
      expect(result.exitCode, result.stdout + result.stderr).toBe(0)
    },
    240_000,
  )

  test.skipIf(!tools.venv).each(files)(
    '%s has no error of syntax',
    async (file) => {
      const result = await run(`${tools.venv}/bin/ansible-playbook`, ['--syntax-check', '-i', 'localhost,', file])
      expect(result.exitCode, result.stderr).toBe(0)
    },
    60_000,
  )

  test.skipIf(!collections).each(families.filter((name) => existsSync(join(folder, name, 'requirements.yml'))))(
    '%s is pinned to collections that set-up installs',
    (name) => {
      for (const { name: collection, version } of parseRequirements(readFileSync(join(folder, name, 'requirements.yml'), 'utf8'))) {
        const manifest = readFileSync(join(collections, 'ansible_collections', ...collection.split('.'), 'MANIFEST.json'), 'utf8')
        expect((JSON.parse(manifest) as { collection_info: { version: string } }).collection_info.version, collection).toBe(version)
      }
    },
  )

  test.skipIf(!collections)('use collections that all accept the pinned ansible-core', () => {
    const [, core = ''] = /^ansible-core==(\S+)/m.exec(readFileSync(join(sourceFolder(), 'setup/python/ansible.txt'), 'utf8')) ?? []
    const runtimes = globSync(`${collections}/ansible_collections/*/*/meta/runtime.yml`)
    const ranges = runtimes.map((file) => [file, String(parse(readFileSync(file, 'utf8'))?.requires_ansible ?? '*')] as const)
    expect(ranges.length).toBeGreaterThan(50)
    expect(ranges.filter(([, range]) => !isWithin(core, range))).toEqual([])
  })
})

/** The tools of set-up. Tests without their tool are skipped. */
function findTools(): { venv?: string; lint?: string } {
  try {
    const { venv, checksVenv } = readTools()
    return { venv, ...(checksVenv ? { lint: checksVenv } : {}) }
  } catch {
    return {}
  }
}
