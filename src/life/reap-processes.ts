import { parseOwner } from '../core/build-owner.ts'
import { endProcesses, findMarked, type MarkedProcess } from '../core/marked-processes.ts'
import { isRunning } from '../core/process-identity.ts'
import { findLeakedPlugins } from '../engine/leaked-plugins.ts'
import type { Reaped, ReapOptions } from '../model/leftover.ts'
import { removeLeftover } from './remove-leftover.ts'

/** Ends the processes that builds left on this computer: plugins whose engine was killed, and children of a killed step. */
export async function reapProcesses(options: ReapOptions): Promise<Reaped[]> {
  const marked = findMarked('BAKEHOUSE_OWNER')
  const found = new Map([...findLeakedPlugins(marked), ...findOrphans(marked)].map((each) => [each.pid, each]))
  return Promise.all(
    [...found.values()].map((each) => {
      const why = `process of a build that has ended: ${each.command.slice(0, 2).join(' ')}`
      const leftover = { cloud: '', kind: 'process', id: String(each.pid), family: '', version: '', why }
      return removeLeftover(leftover, options, () => endProcesses(() => [each].filter(isRunning)))
    }),
  )
}

/** Processes of steps whose build has ended. Its machines have no such mark: a build may have kept them. */
function findOrphans(marked: readonly MarkedProcess[]): MarkedProcess[] {
  const ofSteps = new Set(findMarked('BAKEHOUSE_STEP').map(({ pid }) => pid))
  return marked.filter(({ pid, value }) => {
    const owner = parseOwner(value)
    return ofSteps.has(pid) && owner !== undefined && !isRunning(owner)
  })
}
