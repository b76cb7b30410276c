import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { parse } from 'yaml'
import { defined } from '../../core/defined.ts'
import { isWithin } from '../../core/dotted-version.ts'
import { MissingError, messageOf, UsageError } from '../../core/errors.ts'
import { failureOf, run } from '../../core/exec.ts'
import { resolveInside } from '../../core/inside.ts'
import { cacheFolder } from '../../core/paths.ts'
import type { Family } from '../../model/family.ts'
import type { StepContext } from '../context.ts'
import { findDigestProblem } from './collection-digest.ts'
import { findSettingsFile } from './project-folders.ts'

/** A collection or role that a family requires. */
export interface Requirement {
  readonly kind: 'collection' | 'role'
  readonly name: string
  /** The version range, as in the file: `1.2.3`, `>=1.2,<2`, or `*` for any version. */
  readonly version: string
  /** The digest of `MANIFEST.json` of a collection, if its content is pinned. */
  readonly sha256?: string
}

/** Folders with the installed requirements of a family. */
export interface Installed {
  readonly collections: string
  readonly roles: string
}

/** The folders into which the requirements of a family are installed. They need not exist. Undefined if it has no requirements. */
export function findInstalled({ folder, configure: { requirements } }: Pick<Family, 'folder' | 'configure'>): Installed | undefined {
  const file = requirements === undefined ? undefined : resolveInside(folder, requirements)
  return file !== undefined && existsSync(file) ? installedOf(readFileSync(file, 'utf8')) : undefined
}

function installedOf(text: string): Installed {
  const folder = join(cacheFolder(), 'ansible', createHash('sha256').update(text).digest('hex').slice(0, 16))
  return { collections: join(folder, 'collections'), roles: join(folder, 'roles') }
}

/**
 * Installs the family's requirements that this computer does not have. They are cached for all builds.
 * Throws MissingError with those that cannot be installed.
 */
export async function installRequirements(context: StepContext): Promise<Installed | undefined> {
  const { family } = context.request
  if (family.configure.requirements === undefined) return undefined
  const file = resolveInside(family.folder, family.configure.requirements)
  if (!existsSync(file))
    throw new UsageError(`${family.name}: ${family.configure.requirements} does not exist`, {
      hint: `create ${file}, or remove configure.requirements from family.yaml`,
    })
  const text = readFileSync(file, 'utf8')
  const installed = installedOf(text)
  const wanted = parseRequirements(text)
  const missing = wanted.filter((one) => !isInstalled(one, installed, context))
  for (const kind of new Set(missing.map((one) => one.kind))) await install({ kind, file, installed, missing }, context)
  if (missing.length > 0) context.searchVaulted()
  for (const one of wanted) requireDigest(one, installed, context)
  return installed
}

/** Throws UsageError if a collection with a digest has other content. */
function requireDigest(one: Requirement, installed: Installed, context: StepContext): void {
  const { folder, name } = context.request.family
  if (one.sha256 === undefined) return
  const collection = findCollection(one, installed, context)
  const problem = collection === undefined ? 'it is not installed' : findDigestProblem(collection, one.sha256)
  if (problem === undefined) return
  throw new UsageError(`${name}: the collection ${one.name} is not the one in requirements.yml: ${problem}`, {
    hint: `find out what changed it (${collection ?? folder}); if the new content is right, change its sha256`,
  })
}

/** Parses a requirements.yml, in either of its two forms. Throws UsageError for other content. */
export function parseRequirements(text: string): Requirement[] {
  const whole = parseYaml(text)
  const { collections = [], roles = [] } = (Array.isArray(whole) ? { roles: whole } : (whole ?? {})) as Record<string, unknown>
  if (!Array.isArray(collections) || !Array.isArray(roles))
    throw new UsageError('requirements.yml: expected lists under collections and roles')
  return [...collections.map((entry) => parseEntry('collection', entry)), ...roles.map((entry) => parseEntry('role', entry))]
}

function parseYaml(text: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    throw new UsageError(`requirements.yml: ${messageOf(cause)}`, { cause })
  }
}

function parseEntry(kind: Requirement['kind'], entry: unknown): Requirement {
  if (typeof entry === 'string') {
    const [name = '', version = '*'] = entry.split(':')
    return { kind, name, version }
  }
  const { name, src, version, sha256 } = (entry ?? {}) as Record<string, unknown>
  if (typeof name !== 'string' && typeof src !== 'string') throw new UsageError(`requirements.yml: expected a ${kind} with a name`)
  const isDigest = kind === 'collection' && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
  if (sha256 !== undefined && !isDigest) {
    throw new UsageError('requirements.yml: expected sha256 to be the digest of MANIFEST.json of a collection, 64 hexadecimal digits')
  }
  return { kind, name: String(name ?? src), version: String(version ?? '*'), ...defined({ sha256 }) }
}

function isInstalled(one: Requirement, installed: Installed, context: StepContext): boolean {
  const { folder } = context.request.family
  if (one.kind === 'role') return [installed.roles, join(folder, 'roles')].some((path) => existsSync(join(path, one.name)))
  return findCollection(one, installed, context) !== undefined
}

/** The folder of an installed collection with the wanted version; undefined if there is none. */
function findCollection({ name, version }: Requirement, installed: Installed, context: StepContext): string | undefined {
  const { folder } = context.request.family
  const own = process.env.ANSIBLE_COLLECTIONS_PATH?.split(delimiter) ?? []
  return [installed.collections, join(folder, 'collections'), ...own, sitePackages(context.venv)]
    .map((path) => join(path, 'ansible_collections', ...name.split('.')))
    .find((path) => {
      const found = findVersion(path)
      return found !== undefined && isWithin(found, version)
    })
}

function sitePackages(venv: string): string {
  const lib = join(venv, 'lib')
  const python = existsSync(lib) ? readdirSync(lib).find((entry) => entry.startsWith('python')) : undefined
  return join(lib, python ?? '', 'site-packages')
}

function findVersion(collection: string): string | undefined {
  const manifest = join(collection, 'MANIFEST.json')
  if (!existsSync(manifest)) return undefined
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { collection_info: { version: string } }).collection_info.version
}

interface Install {
  readonly kind: Requirement['kind']
  readonly file: string
  readonly installed: Installed
  readonly missing: readonly Requirement[]
}

async function install({ kind, file, installed, missing }: Install, context: StepContext): Promise<void> {
  const target = kind === 'role' ? installed.roles : installed.collections
  const wanted = missing.filter((one) => one.kind === kind).map(({ name, version }) => `${name} ${version}`)
  context.tell({ type: 'task', name: `install ${wanted.join(', ')}` })
  mkdirSync(target, { recursive: true })
  const args = [kind, 'install', '--requirements-file', file, kind === 'role' ? '--roles-path' : '--collections-path', target]
  const result = await run(join(context.venv, 'bin/ansible-galaxy'), args, {
    cwd: context.request.family.folder,
    env: defined({ ANSIBLE_CONFIG: findSettingsFile(context.request.family.folder) }),
    signal: context.signal,
    timeoutMs: 600_000,
    onLine: (line) => context.log(`${line}\n`),
  })
  if (result.exitCode === 0) return
  throw new MissingError(`${context.request.family.name}: ${wanted.join(', ')} from the requirements cannot be installed`, {
    hint: `ansible-galaxy says: ${failureOf(result)}. Put it into ${context.request.family.folder}/${kind}s, or allow connections to the server.`,
  })
}
