import { messageOf } from '../../../core/errors.ts'
import type { Observer } from '../../../guest/ssh/login.ts'
import { connectQmp, executeMonitor } from '../qemu/qmp.ts'
import { isMachineRunning, type LocalMachine, machineFiles } from './machine.ts'

/** Observes a starting machine through QEMU, which does not slow the machine down. */
export function observe(machine: LocalMachine): Observer {
  const { qmpSocket } = machineFiles(machine)
  return {
    isAlive: () => isMachineRunning(machine),
    isNetworkUp: () => isLinkUp(qmpSocket),
    isAccepted: () => isEstablished(machine.sshPort, qmpSocket),
  }
}

/** Whether the network interface is up: then it listens to the multicast group of all hosts. If that cannot be read, it counts as up. */
async function isLinkUp(qmpSocket: string): Promise<boolean> {
  try {
    using qmp = await connectQmp(qmpSocket)
    const cards = (await qmp.execute('query-rx-filter')) as { 'multicast-table': string[] }[]
    return cards.length === 0 || cards.some((card) => card['multicast-table'].includes('01:00:5e:00:00:01'))
  } catch (error) {
    return /not support/i.test(messageOf(error))
  }
}

/** Whether the machine itself has accepted a connection to this port. QEMU accepts every connection immediately. */
async function isEstablished(port: number, qmpSocket: string): Promise<boolean> {
  try {
    using qmp = await connectQmp(qmpSocket)
    const table = await executeMonitor(qmp, 'info usernet')
    return table.split('\n').some((line) => line.includes('[ESTABLISHED]') && line.includes(` ${port} `))
  } catch {
    // The machine has ended, and so will the login.
    return false
  }
}
