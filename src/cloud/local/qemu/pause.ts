import { MissingError } from '../../../core/errors.ts'
import { connectQmp } from './qmp.ts'

interface Block {
  readonly device: string
  readonly 'io-status'?: string
}

/**
 * Why QEMU has paused a machine, as an error; undefined if it has not, or if its process has ended. A paused guest never answers, so that
 * waiting for it would never end.
 */
export async function findPause(qmpSocket: string, folder: string): Promise<MissingError | undefined> {
  try {
    using qmp = await connectQmp(qmpSocket)
    const { status } = (await qmp.execute('query-status')) as { status: string }
    const blocks = status === 'io-error' ? ((await qmp.execute('query-block')) as Block[]) : []
    return explainPause(status, { folder, isFull: blocks.some((block) => block['io-status'] === 'nospace') })
  } catch {
    // The machine has ended. The caller notices that itself.
    return undefined
  }
}

/** The error for a state of QEMU; undefined for states in which the guest runs or will run. `isFull`: the disk of this computer is full. */
export function explainPause(status: string, { folder, isFull }: { folder: string; isFull: boolean }): MissingError | undefined {
  if (status === 'io-error') {
    const why = isFull ? `there is no space left for its disk in ${folder}` : `its disk in ${folder} could not be read or written`
    return new MissingError(`QEMU paused the machine (io-error): ${why}`, {
      hint: isFull ? 'free space there, or set BAKEHOUSE_HOME to a folder on a larger disk' : 'check the disk of this computer: sudo dmesg',
    })
  }
  if (status === 'internal-error') {
    return new MissingError('QEMU stopped the machine (internal-error): the accelerator cannot run this guest', {
      hint: 'set BAKEHOUSE_ACCELERATOR=tcg to emulate it, and compare with docs/kvm-checklist.md',
    })
  }
  return undefined
}
