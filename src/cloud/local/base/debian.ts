import { copyFile, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingError } from '../../../core/errors.ts'
import { run, runTool } from '../../../core/exec.ts'
import { withLock } from '../../../core/lock.ts'
import { setUpCommand } from '../../../core/program.ts'
import { flattenArguments, runImg } from '../qemu/img.ts'
import { explainFullDisk, requireSpace } from '../store/free-space.ts'
import { digestFile } from '../store/images.ts'
import { basesFolder, findNewestBase, publishBase, removeUnusedBases, type StoredBase, touchBase } from './base-disks.ts'
import { assembleScript, bootstrapArguments, layout, overlayTarArguments, recipeKey, suite } from './recipe.ts'
import { readAptSources } from './sources.ts'

export interface BuildOptions {
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

/** Bytes that a build needs at most: the packages, the tar, the raw disk, the finished one. */
const spaceNeeded = 4 * 1024 ** 3
/** Packages age: a base older than this is made again. */
const freshDays = 30

/**
 * The Debian base disk, made first if this recipe has none younger than 30 days. Safe for several processes at once.
 * Throws MissingError when a tool, space on the disk or the mirror is missing.
 */
export async function ensureDebianBase(options: BuildOptions): Promise<StoredBase> {
  const recipe = recipeKey()
  const base = findFresh(recipe) ?? (await buildOnce(recipe, options))
  await touchBase(base)
  return base
}

async function buildOnce(recipe: string, options: BuildOptions): Promise<StoredBase> {
  await mkdir(basesFolder(), { recursive: true })
  const lock = join(basesFolder(), `debian-${suite}-${recipe}.lock`)
  return withLock(lock, options.progress, async () => findFresh(recipe) ?? (await buildOrKeep(recipe, options)))
}

/** If the mirror cannot be reached, an old base is used as it is. */
async function buildOrKeep(recipe: string, options: BuildOptions): Promise<StoredBase> {
  try {
    const base = await buildBase(recipe, options)
    await removeUnusedBases()
    return base
  } catch (error) {
    const old = findNewestBase(recipe)
    if (!old || options.signal.aborted) throw await explainFullDisk(error, basesFolder(), spaceNeeded, 'Making the base disk')
    options.progress(`the base disk of ${old.disk.created.slice(0, 10)} could not be made anew and is used as it is`)
    return old
  }
}

async function buildBase(recipe: string, { progress, signal }: BuildOptions): Promise<StoredBase> {
  await requireSpace(basesFolder(), spaceNeeded, 'Making the base disk')
  const work = await mkdtemp(join(basesFolder(), '.partial-'))
  try {
    const say = startClock(progress)
    const tar = join(work, 'rootfs.tar')
    const sourceDates = await bootstrap(tar, work, signal, say)
    say('putting the base disk together')
    const raw = join(work, 'disk.raw')
    await assemble([tar, raw, join(work, 'parts'), String(layout.esp), String(layout.disk)], signal)
    const packages = parsePackages(await runTool('tar', ['-xOf', tar, './var/lib/dpkg/status'], { signal }))
    const finished = join(work, 'disk.qcow2')
    await runImg(flattenArguments({ source: raw, sourceFormat: 'raw', target: finished, compress: false }), { signal })
    const kernel = join(work, 'vmlinuz')
    await copyFile(join(work, 'parts/vmlinuz'), kernel)
    const about = {
      name: `debian-${suite}`,
      digest: await digestFile(finished),
      created: new Date().toISOString(),
      sourceDates,
      recipe,
      packages,
    }
    const base = await publishBase({ disk: finished, kernel }, about)
    say(`base disk ready: ${Math.round((await stat(base.path)).size / 1024 ** 2)} MiB`)
    return base
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function bootstrap(target: string, work: string, signal: AbortSignal, say: (line: string) => void): Promise<string[]> {
  const overlay = join(work, 'overlay.tar')
  const dates: string[] = []
  await runTool('tar', overlayTarArguments(overlay))
  say('making the base system from Debian packages')
  const result = await run('mmdebstrap', bootstrapArguments({ target, overlay, sources: readAptSources(suite) }), {
    signal,
    env: { LC_ALL: 'C' },
    onLine: (line) => {
      const date = /bakehouse-source-date: (.+)/.exec(line)?.[1]
      if (date) dates.push(date)
      const step = /^I: (.*?)(\.\.\.)?$/.exec(line)?.[1]
      if (step && !step.startsWith('running --')) say(`base system: ${step}`)
    },
  }).catch((cause: unknown) => {
    throw new MissingError('mmdebstrap could not be started, and the base disk is made with it', { hint: setUpCommand, cause })
  })
  signal.throwIfAborted()
  if (result.exitCode !== 0) {
    const errors = result.stderr.split('\n').filter((line) => /^E: |No space left/.test(line))
    throw new MissingError(
      `Debian's packages could not be had: ${errors.slice(-3).join('; ') || `mmdebstrap ended with ${result.exitCode}`}`,
      {
        hint: 'is the Debian mirror of /etc/apt within reach? sudo apt-get update tells',
      },
    )
  }
  return [...new Set(dates)]
}

/** Files of other users are made here: as root, or as the root of mmdebstrap's own user namespace. */
async function assemble(args: readonly string[], signal: AbortSignal): Promise<void> {
  const command = ['sh', assembleScript, ...args]
  const [program = '', ...rest] = process.getuid?.() === 0 ? command : ['mmdebstrap', '--unshare-helper', ...command]
  await runTool(program, rest, { signal })
}

/** Names and versions of what is installed, from dpkg's own record. */
export function parsePackages(status: string): Record<string, string> {
  const entries = status.split('\n\n').flatMap((stanza) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1]
    const [name, version] = [field('Package'), field('Version')]
    return name && version && field('Status')?.endsWith(' installed') ? [[name, version] as const] : []
  })
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function findFresh(recipe: string): StoredBase | undefined {
  const base = findNewestBase(recipe)
  return base && Date.now() - Date.parse(base.disk.created) < freshDays * 24 * 60 * 60 * 1000 ? base : undefined
}

function startClock(progress: (line: string) => void): (line: string) => void {
  const started = Date.now()
  return (line) => progress(`${line} (${Math.round((Date.now() - started) / 1000)} s)`)
}
