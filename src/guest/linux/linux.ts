import type { RejectedError } from '../../core/errors.ts'
import type { Session } from '../session.ts'
import type { System } from '../system.ts'
import { inheritedChecks, linuxChecks } from './checks.ts'

/** Linux. */
export const linux: System = {
  title: 'Linux',
  defaults: {},
  restricted: [{ path: ['login', 'transport'], values: ['ssh'] }],
  usesSudo: true,
  keyKind: 'ed25519',
  checks: linuxChecks,
  inheritedChecks,
  readsIdentityInParallel: true,
  // The first command opens the connection, and it stays open for the next step.
  async openSession(context, host) {
    const { connect } = await import('../ssh/ssh.ts')
    const session = { context, connection: connect(host, context.folder) }
    const problem = await findAccessProblem(session)
    if (problem) throw problem
    return { ...session, async [Symbol.asyncDispose]() {} }
  },
  findAccessProblem,
  prepare: async (session) => (await import('./prepare.ts')).prepareLinux(session),
  findHint: async (configure, cause) => (await import('./missing-parts.ts')).findMissingPartHint(configure, cause),
  readIdentity: async (session) => (await import('./identity.ts')).readLinuxIdentity(session),
  seal: async (session) => (await import('./seal.ts')).sealLinux(session),
  checkHygiene: async (session, boots) => (await import('./hygiene.ts')).checkLinuxHygiene(session, boots),
  checkOffline: async (session, disk) => (await import('./check-offline.ts')).checkLinuxOffline(session, disk),
  reboot: async (session, deadline) => (await import('./reboot.ts')).rebootLinux(session, deadline),
  saveDiagnostics: async (session) => (await import('./diagnostics.ts')).saveDiagnostics(session),
}

async function findAccessProblem({ context, connection }: Session): Promise<RejectedError | undefined> {
  if (connection.host.user === 'root') return undefined
  return (await import('./become-root.ts')).findRootProblem(connection, context.signal)
}
