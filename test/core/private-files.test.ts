import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { run } from '../../src/core/exec.ts'
import { sourceFolder } from '../../src/core/paths.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'private-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const mode = (path: string): number => statSync(path).mode & 0o777

it.each([
  ['bake.ts', ['families']],
  ['steps/run.ts', ['nonesuch']],
  ['cloud/aws/run.ts', ['nonesuch']],
  ['cloud/local/provider/provider.ts', []],
])('%s closes folders that an older version left readable for other users', async (entry, args) => {
  const [home, cache] = [join(folder, 'home'), join(folder, 'bakehouse')]
  for (const each of [home, cache]) {
    mkdirSync(each)
    chmodSync(each, 0o755)
  }
  const env = { ...process.env, BAKEHOUSE_HOME: home, XDG_CACHE_HOME: folder }
  const child = spawn(process.execPath, [join(sourceFolder(), entry), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  await Promise.race([ended, once(child.stdout, 'data')])
  child.kill()
  await ended
  expect([mode(home), mode(cache)]).toEqual([0o700, 0o700])
})

it('only the user can read files that a program and its children write', async () => {
  const module = join(sourceFolder(), 'core/private-files.ts')
  const script = `import { execFileSync } from 'node:child_process'; import { writeFileSync } from 'node:fs'
    const { keepFilesPrivate } = await import(${JSON.stringify(module)}); keepFilesPrivate()
    writeFileSync('own', ''); execFileSync('sh', ['-c', 'touch child'])`
  const env = { BAKEHOUSE_HOME: folder, XDG_CACHE_HOME: folder }
  const { exitCode, stderr } = await run(
    'sh',
    ['-c', 'umask 022; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', script],
    {
      cwd: folder,
      env,
    },
  )
  expect(exitCode, stderr).toBe(0)
  expect(['own', 'child'].map((name) => mode(join(folder, name)))).toEqual([0o600, 0o600])
})
