import { copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingError } from '../../../core/errors.ts'
import { run, runTool } from '../../../core/exec.ts'
import { withLock } from '../../../core/lock.ts'
import { cacheFolder } from '../../../core/paths.ts'
import { findJson, publishFile, writeJson } from '../../../core/write-file.ts'
import { flattenArguments, runImg } from '../qemu/img.ts'
import { explainFullDisk, requireSpace } from '../store/free-space.ts'
import { digestFile } from '../store/images.ts'
import { assembleScript, bootstrapArguments, layout, overlayTarArguments, recipeKey, suite } from './recipe.ts'
import { readAptSources } from './sources.ts'

/** What is written down of a base disk, beside it. Without it the disk is not used. */
export interface BaseDisk {
  readonly name: string
  readonly digest: string
  readonly created: string
  /** When Debian published the package lists it was made from. */
  readonly sourceDates: readonly string[]
  readonly recipe: string
  readonly packages: Readonly<Record<string, string>>
}

export interface BuildOptions {
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

/** Bytes that a build needs at most: the packages, the tar, the raw disk, the finished one. */
const spaceNeeded = 4 * 1024 ** 3
/** Packages age: a base older than this is made again. */
const freshDays = 30

/** Where base disks are. */
export function basesFolder(): string {
  return join(cacheFolder(), 'base')
}

/**
 * The Debian base disk, made first where this recipe has none younger than 30 days. Safe for two at once.
 * Throws MissingError when a tool, room on the disk or the mirror is missing.
 */
export async function ensureDebianBase(options: BuildOptions): Promise<{ path: string; disk: BaseDisk; kernel: string }> {
  const key = recipeKey()
  const path = join(basesFolder(), `debian-${suite}-${key}.qcow2`)
  const found = () => findFresh(path)
  if (!found()) {
    await mkdir(basesFolder(), { recursive: true })
    await withLock(`${path}.lock`, options.progress, async () => {
      if (!found()) await buildOrKeep(path, key, options)
    })
  }
  const disk = findJson<BaseDisk>(sidecarOf(path))
  if (!disk) throw new Error(`${path} has no record beside it`)
  return { path, disk, kernel: kernelOf(path) }
}

/** An old base is better than none, where the mirror cannot be reached. */
async function buildOrKeep(path: string, key: string, options: BuildOptions): Promise<void> {
  try {
    await buildBase(path, key, options)
  } catch (error) {
    const old = findJson<BaseDisk>(sidecarOf(path))
    if (!old || options.signal.aborted) throw await explainFullDisk(error, basesFolder(), spaceNeeded, 'Making the base disk')
    options.progress(`the base disk of ${old.created.slice(0, 10)} could not be made anew and is used as it is`)
  }
}

async function buildBase(path: string, key: string, { progress, signal }: BuildOptions): Promise<void> {
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
    const digest = await digestFile(finished)
    const name = `debian-${suite}`
    await rm(sidecarOf(path), { force: true })
    await copyFile(join(work, 'parts/vmlinuz'), `${kernelOf(path)}.partial`)
    await rename(`${kernelOf(path)}.partial`, kernelOf(path))
    await publishFile(finished, path)
    writeJson(sidecarOf(path), { name, digest, created: new Date().toISOString(), sourceDates, recipe: key, packages } satisfies BaseDisk)
    say(`base disk ready: ${Math.round((await stat(path)).size / 1024 ** 2)} MiB`)
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
    throw new MissingError('mmdebstrap could not be started, and the base disk is made with it', { hint: 'npm run setup', cause })
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

function findFresh(path: string): BaseDisk | undefined {
  const disk = findJson<BaseDisk>(sidecarOf(path))
  return disk && Date.now() - Date.parse(disk.created) < freshDays * 24 * 60 * 60 * 1000 ? disk : undefined
}

function startClock(progress: (line: string) => void): (line: string) => void {
  const started = Date.now()
  return (line) => progress(`${line} (${Math.round((Date.now() - started) / 1000)} s)`)
}

function sidecarOf(path: string): string {
  return path.replace(/\.qcow2$/, '.json')
}

function kernelOf(path: string): string {
  return path.replace(/\.qcow2$/, '.vmlinuz')
}
