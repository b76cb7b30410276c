import type { SshKeyKind } from '../core/ssh-key.ts'
import type { Family } from '../model/family.ts'
import type { Host } from '../model/host.ts'
import type { StepContext } from './context.ts'
import type { HygieneReport } from './hygiene.ts'
import type { Identity } from './identity.ts'
import type { OpenSession, Session } from './session.ts'

/** An operating system: all that Bakehouse must know of it. It loads quickly; each function loads what it needs. */
export interface System {
  /** For messages: `a Windows family`. */
  readonly title: string
  /** Kind of the key pair with which the build logs in. */
  readonly keyKind: SshKeyKind
  /** The identifiers of its hygiene checks. */
  readonly checks: readonly string[]
  /** Whether the identity can be read while a playbook runs. Not where a reboot in the playbook would break the reading. */
  readonly readsIdentityInParallel: boolean
  /** Throws MissingError where the build could not log in to its machines. Called before anything is created. */
  preflight?(family: Family, cloud: { readonly name: string; readonly findPasswordData?: unknown }): void
  openSession(context: StepContext, host: Host): Promise<OpenSession>
  /** Reads what must differ between all machines. Throws RejectedError where the machine does not tell. */
  readIdentity(session: Session): Promise<Identity>
  /**
   * Removes what must not ship and starts the shutdown. `isStopped` asks the cloud: a system that shuts down long after its
   * connection has ended waits with it. Throws RejectedError.
   */
  seal(session: Session, isStopped: () => Promise<boolean>): Promise<void>
  /** Checks a machine that was started from the candidate. `boots` is how often it has been started. */
  checkHygiene(session: Session, boots: number): Promise<HygieneReport>
  /** Reboots a machine and waits until it accepts a login again. Throws RejectedError after the deadline, in ms since 1970. */
  reboot(session: Session, deadline: number): Promise<void>
  /** Saves logs of a machine into the diagnostics folder. A machine that does not answer leaves none. */
  saveDiagnostics?(session: Session): Promise<void>
}
