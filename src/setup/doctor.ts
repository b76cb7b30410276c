import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { defined } from '../core/defined.ts'
import { findVersion, isCompatible } from '../core/dotted-version.ts'
import { type MissingError, messageOf } from '../core/errors.ts'
import { runTool } from '../core/exec.ts'
import { cacheFolder, homeFolder } from '../core/paths.ts'
import { setUpCommandLine } from '../core/program.ts'
import { readTools, type Tools } from '../core/tools.ts'
import { findNamespaceProblem } from '../core/user-namespace.ts'
import { engineVersion } from '../engine/version.ts'
import type { Finding } from '../model/finding.ts'
import { checkGuestNetwork, checkLocalUsers } from './check-boundaries.ts'
import { refusePlatform, refuseProcessor } from './distribution.ts'
import { readEngineOrigin } from './pulumi-engine.ts'

const setUp = (): string => `install what is missing: ${setUpCommandLine()}`
const ansibleVersions =
  "import importlib.metadata as m; print(*(n + ' ' + m.version(n) for n in ('ansible-core', 'mitogen', 'pytest-testinfra')), sep=', ')"

/** The kind of computer, as in `process`. */
export type Computer = Pick<NodeJS.Process, 'platform' | 'arch'>

/** Checks every tool that a build needs, even if others are missing, and before set-up what set-up cannot install. Never throws. */
export async function readDoctor(computer: Computer = process): Promise<readonly Finding[]> {
  let tools: Tools
  try {
    tools = readTools()
  } catch (error) {
    const host = findRefusal(computer) ?? (await checkNamespaces())
    return [{ name: 'tools', status: 'missing', detail: messageOf(error), hint: setUp() }, host, ...(await checkDisks())]
  }
  const { node, pulumi, venv } = tools
  const checks = await Promise.all([
    look('node', async () => (await runTool(node, ['--version'])).trim()),
    checkEngine(pulumi),
    look('ansible', async () => (await runTool(join(venv, 'bin/python'), ['-c', ansibleVersions])).trim()),
    checkMachines(tools, computer),
    checkFiles('goss', [tools.goss]),
    checkDisks(),
  ])
  return [...checks.flat(), checkLocalUsers(), checkCommandPlugin(tools)]
}

/** A size in kB (the unit of `du`) as text, for example `1.2 GB`. */
function renderSize(kilobytes: number): string {
  return kilobytes < 1e6 ? `${Math.round(kilobytes / 1e3)} MB` : `${(kilobytes / 1e6).toFixed(1)} GB`
}

async function look(name: string, find: () => Promise<string>): Promise<Finding> {
  try {
    return { name, status: 'ok', detail: await find() }
  } catch (error) {
    return { name, status: 'missing', detail: messageOf(error), hint: setUp() }
  }
}

async function checkEngine(pulumi: string): Promise<Finding> {
  const found = await look('engine', async () => {
    const version = findVersion(await runTool(pulumi, ['version'], { env: { PULUMI_SKIP_UPDATE_CHECK: 'true' }, timeoutMs: 30_000 }))
    return `pulumi ${version}, ${readEngineOrigin(pulumi)}`
  })
  const version = findVersion(found.detail)
  if (found.status !== 'ok' || (version && isCompatible(version, engineVersion))) return found
  return { ...found, status: 'warning', hint: `install version ${engineVersion}, which the SDK needs: ${setUpCommandLine()}` }
}

/** Checks what local machines need. Skipped if all families of the project are built on other clouds. */
async function checkMachines({ qemu }: Tools, computer: Computer): Promise<readonly Finding[]> {
  const refusal = findRefusal(computer)
  if (refusal) return [refusal]
  if (!qemu) return [{ name: 'qemu', status: 'ok', detail: 'not installed: no family of this project is built on this computer' }]
  return [
    await look('qemu', async () => (await runTool(qemu.system, ['--version'])).split('\n')[0] ?? ''),
    await checkGuestNetwork(qemu.system),
    checkFiles('firmware', [qemu.ovmf]),
    await checkNamespaces(),
  ]
}

/** Warns that local machines cannot run on this kind of computer. */
function findRefusal({ platform, arch }: Computer): Finding | undefined {
  const refusal = refusePlatform(platform) ?? refuseProcessor(arch)
  return refusal && toFinding('machines', 'warning', refusal)
}

async function checkNamespaces(): Promise<Finding> {
  const problem = await findNamespaceProblem()
  const detail = process.getuid?.() === 0 ? 'not needed by root' : 'work, with subordinate ids'
  return problem ? toFinding('user namespaces', 'warning', problem) : { name: 'user namespaces', status: 'ok', detail }
}

function toFinding(name: string, status: Finding['status'], { message, hint }: MissingError): Finding {
  return { name, status, detail: message, ...defined({ hint }) }
}

function checkFiles(name: string, files: readonly string[]): Finding {
  const missing = files.filter((file) => !existsSync(file))
  if (missing.length === 0) return { name, status: 'ok', detail: files[0] ?? '' }
  return { name, status: 'missing', detail: `missing: ${missing.join(', ')}`, hint: setUp() }
}

function checkCommandPlugin({ commandPlugin, commandPluginFolder }: Tools): Finding {
  const detail =
    commandPlugin === 'official' ? `official, ${commandPluginFolder}` : 'bundled replacement: the official one could not be downloaded'
  return { name: 'command plugin', status: 'ok', detail }
}

async function checkDisks(): Promise<readonly Finding[]> {
  return [await checkDisk('disk', homeFolder()), await checkCache()]
}

async function checkDisk(name: string, folder: string): Promise<Finding> {
  const least = 5e9
  try {
    const { bavail, bsize } = await statfs(existsSync(folder) ? folder : join(folder, '..'))
    const free = bavail * bsize
    const detail = `${renderSize(free / 1000)} free for ${folder}`
    if (free >= least) return { name, status: 'ok', detail }
    return {
      name,
      status: 'warning',
      detail,
      hint: `free space: a build needs about ${renderSize(least / 1000)}; or set BAKEHOUSE_HOME to a folder on another disk`,
    }
  } catch (error) {
    return { name, status: 'missing', detail: messageOf(error), hint: 'set BAKEHOUSE_HOME to a folder that this user may write to' }
  }
}

async function checkCache(): Promise<Finding> {
  return look('cache', async () => {
    if (!existsSync(cacheFolder())) return `${cacheFolder()}; it does not exist yet`
    const kilobytes = Number.parseInt(await runTool('du', ['-sk', cacheFolder()], { timeoutMs: 60_000 }), 10)
    return `${cacheFolder()}, ${renderSize(kilobytes * 1.024)}`
  })
}
