import { readdirSync, readFileSync } from 'node:fs'

/** The resources that the processes of one kind used. */
export interface RoleUse {
  readonly role: string
  /** Largest resident memory of all of them together, in bytes. */
  readonly peakBytes: number
  /** Largest number of processes at the same time. */
  readonly peakCount: number
  /** CPU time in seconds, of the processes that a sample found. */
  readonly cpuSeconds: number
}

/** The resources that a tree of processes used. */
export interface TreeUse {
  /** Largest resident memory of the whole tree without machines, in bytes. Memory that processes share counts in each of them. */
  readonly peakBytes: number
  readonly roles: readonly RoleUse[]
}

interface Seen {
  readonly pid: number
  readonly parent: number
  readonly role: string
  readonly bytes: number
  readonly cpuSeconds: number
}

const interval = 100
const pageBytes = 4096
const ticksPerSecond = 100

/** The kinds of processes, by command line. The first match counts. */
const roles: readonly (readonly [string, RegExp])[] = [
  ['machine', /qemu-system/],
  ['disk tool', /qemu-img/],
  ['engine wrapper', /cli-wrapper\.mjs/],
  ['engine', /bin\/pulumi /],
  ['worker', /bake\/worker\.ts/],
  ['command line', /src\/bake\.ts/],
  ['provider', /local\/provider\/provider\.ts|plugin\/command\/main\.ts|pulumi-resource-/],
  ['emulated provider', /test\/aws\/plugin\/main\.ts/],
  ['step', /steps\/run\.ts|cloud\/aws\/run\.ts/],
  ['Ansible', /ansible|mitogen/],
  ['ssh', /(^|\/)ssh /],
]

/** Samples a process and its descendants until `stop`. `also` selects other processes that count too, by command line. */
export function watchTree(root: number, also: (commandLine: string) => boolean = () => false): { stop(): TreeUse } {
  const peaks = new Map<string, { bytes: number; count: number }>()
  const cpu = new Map<number, { role: string; seconds: number }>()
  let peakBytes = 0
  const sample = (): void => {
    const tree = readTree(root, also)
    const inside = tree.filter(({ role }) => role !== 'machine')
    peakBytes = Math.max(peakBytes, sum(inside))
    for (const [role, seen] of groupBy(tree, (each) => each.role)) {
      const before = peaks.get(role)
      peaks.set(role, { bytes: Math.max(before?.bytes ?? 0, sum(seen)), count: Math.max(before?.count ?? 0, seen.length) })
    }
    for (const { pid, role, cpuSeconds } of tree) cpu.set(pid, { role, seconds: cpuSeconds })
  }
  const timer = setInterval(sample, interval)
  return {
    stop() {
      clearInterval(timer)
      const secondsOf = (role: string): number => [...cpu.values()].reduce((all, each) => all + (each.role === role ? each.seconds : 0), 0)
      const uses = [...peaks].map(([role, { bytes, count }]) => ({
        ...{ role, peakBytes: bytes, peakCount: count },
        cpuSeconds: secondsOf(role),
      }))
      return { peakBytes, roles: uses.sort((one, other) => other.peakBytes - one.peakBytes) }
    },
  }
}

/** The kind of a process. */
export function roleOf(commandLine: string): string {
  return roles.find(([, pattern]) => pattern.test(commandLine))?.[0] ?? 'other'
}

function sum(seen: readonly Seen[]): number {
  return seen.reduce((all, { bytes }) => all + bytes, 0)
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

function readTree(root: number, also: (commandLine: string) => boolean): Seen[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? findProcess(Number(name)) : []))
  const children = groupBy(all, ({ parent }) => parent)
  const below = (pid: number): (Seen & { commandLine: string })[] => (children.get(pid) ?? []).flatMap((each) => [each, ...below(each.pid)])
  const tree = [...all.filter(({ pid }) => pid === root), ...below(root)]
  const inTree = new Set(tree.map(({ pid }) => pid))
  return [...tree, ...all.filter(({ pid, commandLine }) => !inTree.has(pid) && also(commandLine))]
}

function findProcess(pid: number): (Seen & { commandLine: string }) | [] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [parent = 0, user = 0, system = 0, pages = 0] = [fields[1], fields[11], fields[12], fields[21]]
    if (pages === 0) return []
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return { pid, parent, role: roleOf(commandLine), bytes: pages * pageBytes, cpuSeconds: (user + system) / ticksPerSecond, commandLine }
  } catch {
    // The process has ended in the meantime.
    return []
  }
}
