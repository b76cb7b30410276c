import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runTool } from '../../../core/exec.ts'
import { withLock } from '../../../core/lock.ts'
import { openFolder } from '../../../core/user-namespace.ts'
import { explainFullDisk, requireSpace } from '../store/free-space.ts'
import { digestFile } from '../store/images.ts'
import { basesFolder, findNewestBase, publishBase, removeUnusedBases, type StoredBase, touchBase } from './base-disks.ts'
import { assemble, bootstrap } from './bootstrap.ts'
import { type DebianBase, recipeKey } from './recipe.ts'

/** Options for making a base disk. */
export interface BuildOptions extends DebianBase {
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

/** Bytes that making a base disk needs: packages, tar file, raw disk, finished disk. */
const spaceNeeded = 4 * 1024 ** 3
/** A base disk older than this is made again, to get newer packages. */
const freshDays = 30

/**
 * The Debian base disk of a release. Makes it if there is none, or only one older than 30 days. Several processes may call it in parallel.
 * Throws MissingError if a tool, disk space or the mirror is missing.
 */
export async function ensureDebianBase(options: BuildOptions): Promise<StoredBase> {
  const recipe = recipeKey(options)
  const base = findFresh(recipe) ?? (await buildOnce(recipe, options))
  await touchBase(base)
  return base
}

async function buildOnce(recipe: string, options: BuildOptions): Promise<StoredBase> {
  await mkdir(basesFolder(), { recursive: true })
  const lock = join(basesFolder(), `${baseName(options)}-${recipe}.lock`)
  return withLock(lock, options.progress, async () => findFresh(recipe) ?? (await buildOrKeep(recipe, options)))
}

/** Makes a base disk. If the mirror cannot be reached, uses an old one. */
async function buildOrKeep(recipe: string, options: BuildOptions): Promise<StoredBase> {
  try {
    const base = await buildBase(recipe, options)
    await removeUnusedBases()
    return base
  } catch (error) {
    const old = findNewestBase(recipe)
    if (!old || options.signal.aborted) throw await explainFullDisk(error, basesFolder(), spaceNeeded, 'Making the base disk')
    options.progress(`a new base disk could not be made, so the one from ${old.disk.created.slice(0, 10)} is used`)
    return old
  }
}

async function buildBase(recipe: string, { release, variant, progress, signal }: BuildOptions): Promise<StoredBase> {
  await requireSpace(basesFolder(), spaceNeeded, 'Making the base disk')
  await requireSpace(openFolder(), spaceNeeded, 'Making the base disk')
  const work = await mkdtemp(join(basesFolder(), '.partial-'))
  try {
    const say = startClock(progress)
    const base = { release, variant }
    const parts = { base, folder: work, signal, say }
    const { tar, sourceDates } = await bootstrap(parts)
    say('writing the base disk')
    const disk = await assemble(tar, parts)
    const packages = parsePackages(await runTool('tar', ['-xOf', tar, './var/lib/dpkg/status'], { signal }))
    const kernel = join(work, 'vmlinuz')
    await runTool('tar', ['--wildcards', '-xOf', tar, './boot/vmlinuz-*'], { signal, outputFile: kernel })
    const about = {
      name: baseName(base),
      digest: await digestFile(disk),
      created: new Date().toISOString(),
      sourceDates,
      recipe,
      packages,
    }
    const stored = await publishBase({ disk, kernel }, about)
    say(`base disk ready: ${Math.round((await stat(stored.path)).size / 1024 ** 2)} MiB`)
    return stored
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function baseName({ release, variant }: DebianBase): string {
  return variant === 'standard' ? `debian-${release}` : `debian-${release}-${variant}`
}

/** The installed packages and their versions. `status`: text of /var/lib/dpkg/status. */
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
