import type { Family } from '../model/family.ts'
import type { Trial } from '../verify/verifier.ts'
import type { StepContext } from './context.ts'
import type { HygieneReport } from './hygiene.ts'
import type { Connection } from './ssh/ssh.ts'

/** What an operating system needs to become an image: from a configured machine to one that is going down. */
export type Sealer = (context: StepContext, connection: Connection) => Promise<void>

export const sealers: Record<Family['os'], () => Promise<Sealer>> = {
  linux: async () => (await import('./linux/seal.ts')).sealLinux,
  windows: async () => (await import('./windows/seal.ts')).sealWindows,
}

export async function chooseHygiene(os: Family['os']): Promise<(trial: Trial) => Promise<HygieneReport>> {
  if (os === 'windows') return (await import('./windows/hygiene.ts')).runWindowsHygiene
  const { runHygiene } = await import('./linux/hygiene.ts')
  return ({ context, connection, boots }) => runHygiene(context, connection, boots)
}

/** Throws MissingError if machines of this family could not be logged in to. Asked before anything is created. */
export async function requireSystem(
  family: Family,
  cloud: Parameters<typeof import('./windows/password.ts')['requirePassword']>[1],
): Promise<void> {
  if (family.os === 'windows') (await import('./windows/password.ts')).requirePassword(family, cloud)
}
