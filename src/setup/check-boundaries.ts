import { readdirSync, statSync } from 'node:fs'
import { messageOf } from '../core/errors.ts'
import { runTool } from '../core/exec.ts'
import type { Finding } from '../model/finding.ts'

/** Checks that this QEMU can filter the network of a guest; machines need that to start. `name`: the QEMU object that does it. */
export async function checkGuestNetwork(qemu: string, name = 'filter-redirector'): Promise<Finding> {
  const hint = 'install a QEMU with filter-redirector'
  try {
    const objects = await runTool(qemu, ['-object', 'help'])
    if (objects.includes(name)) return { name: 'guest network', status: 'ok', detail: 'filtered: guests cannot reach this computer' }
    return { name: 'guest network', status: 'missing', detail: 'this QEMU cannot filter the network of a guest', hint }
  } catch (error) {
    return { name: 'guest network', status: 'missing', detail: messageOf(error), hint }
  }
}

/** Warns if other people run processes on this computer: the engine listens on the loopback interface, and they can connect to it. */
export function checkLocalUsers(): Finding {
  return judgeOwners(listOwners(), process.getuid?.() ?? 0)
}

/** The finding for the user IDs that own processes. System accounts are below 1000; `nobody` and user namespaces are above 60000. */
export function judgeOwners(owners: readonly number[], me: number): Finding {
  const others = [...new Set(owners)].filter((uid) => uid >= 1000 && uid < 60_000 && uid !== me).sort((one, other) => one - other)
  if (others.length === 0) return { name: 'local users', status: 'ok', detail: 'no other user has a process on this computer' }
  const detail = `processes of other users run on this computer (user ids ${others.join(', ')})`
  return {
    name: 'local users',
    status: 'warning',
    detail,
    hint: 'build on a computer without other users: they can connect to the ports of the Pulumi engine',
  }
}

/** The owners of all processes; none without /proc. */
function listOwners(): number[] {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    return pids.map((pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? 0)
  } catch {
    return []
  }
}
