import { existsSync } from 'node:fs'
import { mkdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { runTool } from '../core/exec.ts'
import { homeFolder } from '../core/paths.ts'
import { listFamilies } from '../family/read-family.ts'
import { readTools, type Tools } from '../setup/tools.ts'
import { readToolVersion } from './tool-version.ts'

/** One thing that was looked at. */
export interface Check {
  readonly what: string
  readonly ok: boolean
  /** What was found: a version, a path, or what is wrong. */
  readonly found: string
  /** What to do, where it is not ok. */
  readonly hint?: string
}

/** Free space, in GiB, under which a bake is likely to fill the disk. */
const leastFree = 5
const setUp = 'npm run setup'

/** Looks at everything a bake needs, whether or not something before it was missing. */
export async function findProblems(): Promise<Check[]> {
  const parts = await Promise.all([checkTools(), checkHome(), checkFamilies()])
  return [{ what: 'bakehouse', ok: true, found: `${readToolVersion()}, node ${process.versions.node}` }, ...parts.flat()]
}

async function checkTools(): Promise<Check[]> {
  let tools: Tools
  try {
    tools = readTools()
  } catch (error) {
    return [{ what: 'tools', ok: false, found: messageOf(error), hint: setUp }]
  }
  const { node, pulumi, venv, goss, qemu } = tools
  return Promise.all([
    checkVersion('node for steps', node, ['--version']),
    checkVersion('pulumi', pulumi, ['version']),
    checkVersion('ansible', join(venv, 'bin/ansible-playbook'), ['--version']),
    checkVersion('mitogen', join(venv, 'bin/python'), ['-c', 'import mitogen; print(".".join(map(str, mitogen.__version__)))']),
    checkVersion('testinfra', join(venv, 'bin/python'), ['-m', 'pytest', '--version']),
    checkFile('goss', goss),
    checkVersion('qemu', qemu.system, ['--version']),
    checkVersion('qemu-img', qemu.img, ['--version']),
    checkFile('firmware', qemu.ovmf),
    { what: 'command plugin', ok: true, found: tools.commandPlugin === 'official' ? 'the official one' : 'our stand-in' },
  ])
}

async function checkVersion(what: string, command: string, args: readonly string[]): Promise<Check> {
  try {
    const output = await runTool(command, args, { timeoutMs: 30_000, env: { PULUMI_SKIP_UPDATE_CHECK: 'true' } })
    return { what, ok: true, found: output.trim().split('\n')[0] ?? '' }
  } catch (error) {
    return { what, ok: false, found: messageOf(error), hint: setUp }
  }
}

function checkFile(what: string, path: string): Check {
  return existsSync(path) ? { what, ok: true, found: path } : { what, ok: false, found: `${path} is not there`, hint: setUp }
}

async function checkHome(): Promise<Check[]> {
  const folder = homeFolder()
  try {
    await mkdir(folder, { recursive: true })
    const { bavail, bsize } = await statfs(folder)
    const free = (bavail * bsize) / 1024 ** 3
    const found = `${folder}, ${free.toFixed(0)} GiB free`
    return [
      { what: 'home', ok: free >= leastFree, found, hint: `a bake needs about ${leastFree} GiB free: make room, or set BAKEHOUSE_HOME` },
    ]
  } catch (error) {
    return [{ what: 'home', ok: false, found: messageOf(error), hint: 'set BAKEHOUSE_HOME to a folder that can be written' }]
  }
}

async function checkFamilies(): Promise<Check[]> {
  const families = await listFamilies()
  return families.map(({ name, family, problem }) => ({
    what: `family ${name}`,
    ok: problem === undefined,
    found: problem ?? `${family?.cloud}, ${family?.verify.suites.length} suites`,
  }))
}
