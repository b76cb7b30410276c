import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Memory of this computer, or of the container that this process runs in; MiB. */
export interface Memory {
  readonly total: number
  /** Memory that can be used without swapping. */
  readonly available: number
}

const mebibyte = 1024 ** 2

/** Reads the memory from /proc/meminfo and from the limits of all control groups of this process. Without /proc, there is no limit. */
export function readMemory(root = '/'): Memory {
  const text = readOr(join(root, 'proc/meminfo'))
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.POSITIVE_INFINITY) * 1024
  const host = { total: field('MemTotal'), available: field('MemAvailable') }
  const smallest = readLimits(root).reduce(
    (least, each) => ({
      total: Math.min(least.total, each.total),
      available: Math.min(least.available, each.available),
    }),
    host,
  )
  return { total: Math.floor(smallest.total / mebibyte), available: Math.max(0, Math.floor(smallest.available / mebibyte)) }
}

/** The limits of the control groups of this process, in bytes. */
function readLimits(root: string): Memory[] {
  const groups = readOr(join(root, 'proc/self/cgroup')).split('\n')
  return groups.flatMap((line) => {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (line === '') return []
    if (controllers === '') return ancestors(path).map((each) => readUnified(join(root, 'sys/fs/cgroup', each)))
    if (!controllers.split(',').includes('memory')) return []
    return ancestors(path).map((each) => readLegacy(join(root, 'sys/fs/cgroup/memory', each)))
  })
}

/** A control group and its parents: `/a/b`, `/a`, `/`. In a container, the path may be that of the host; then only `/` exists. */
function ancestors(path: string): string[] {
  return path === '/' || path === '.' || path === '' ? ['/'] : [path, ...ancestors(dirname(path))]
}

function readUnified(folder: string): Memory {
  return limitOf(folder, { limit: 'memory.max', used: 'memory.current', cache: 'inactive_file' })
}

function readLegacy(folder: string): Memory {
  return limitOf(folder, { limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', cache: 'total_inactive_file' })
}

/** Reads one limit. Cached files count as used memory, but the kernel frees them before it refuses memory; so they count as available. */
function limitOf(folder: string, names: { readonly limit: string; readonly used: string; readonly cache: string }): Memory {
  const total = numberIn(readOr(join(folder, names.limit)))
  const cache = new RegExp(`^${names.cache} (\\d+)$`, 'm').exec(readOr(join(folder, 'memory.stat')))?.[1]
  const used = readOr(join(folder, names.used))
  return { total, available: used === '' ? total : total - Number(used) + Number(cache ?? 0) }
}

/** A limit as a number. `max` and a missing file mean that there is no limit. */
function numberIn(text: string): number {
  return /^\d+\s*$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
