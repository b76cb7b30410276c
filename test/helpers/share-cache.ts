import { readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ensureDebianBase } from '../../src/cloud/local/base/debian.ts'
import { run, runTool } from '../../src/core/exec.ts'
import { cacheFolder } from '../../src/core/paths.ts'
import { readTools } from '../../src/core/tools.ts'
import type { OrdinaryUser } from './ordinary-user.ts'

/**
 * Copies the tools of this computer and the lean base image of Debian 12 into the cache of a user that a test created. Without that, the
 * first build of the user would make them, which takes half an hour.
 */
export async function shareCache({ home, name, command }: OrdinaryUser): Promise<void> {
  const base = await ensureDebianBase({ release: 'bookworm', variant: 'lean', progress: () => {}, signal: AbortSignal.timeout(1_500_000) })
  if (name === undefined) return
  const { pulumi, venv, goss } = readTools()
  const cache = join(home, '.cache/bakehouse')
  const disk = base.path.replace(/\.qcow2$/, '')
  const paths = [join(pulumi, '../..'), venv, dirname(goss), base.path, base.kernel, `${disk}.json`]
  for (const path of paths.filter((each) => each.startsWith(`${cacheFolder()}/`))) {
    const target = join(cache, relative(cacheFolder(), path))
    await runTool('mkdir', ['--parents', dirname(target)])
    // Its exit code does not count: other processes use the Python environment, and replace compiled files in it.
    await run('cp', ['--archive', path, target])
  }
  await runTool('chown', ['--recursive', `${name}:${name}`, join(home, '.cache')])
  await moveVenv(venv, join(cache, relative(cacheFolder(), venv)), command)
}

/** Scripts of a Python environment contain its path, and its Python may be in the home folder of another user. */
async function moveVenv(from: string, to: string, command: OrdinaryUser['command']): Promise<void> {
  const scripts = readdirSync(join(to, 'bin')).map((script) => join(to, 'bin', script))
  await runTool('sed', ['--in-place', `1s|^#!${from}/|#!${to}/|`, ...scripts.filter((path) => !/python[\d.]*$/.test(path))])
  await runTool('find', [join(to, 'bin'), '-name', 'python*', '-delete'])
  const { exitCode, stderr } = await command(to, 'python3', '-m', 'venv', '--without-pip', to)
  if (exitCode !== 0) throw new Error(stderr)
}
