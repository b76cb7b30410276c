import type { RejectedError } from '../core/errors.ts'
import type { SshKeyKind } from '../core/ssh-key.ts'
import type { Configure, Family } from '../model/family.ts'
import type { Host } from '../model/host.ts'
import type { OfflineDisk } from '../model/offline-disk.ts'
import type { CaseResult } from '../model/suite-result.ts'
import type { StepContext } from './context.ts'
import type { HygieneReport } from './hygiene.ts'
import type { Identity } from './identity.ts'
import type { OpenSession, Session } from './session.ts'

/** A setting in `family.yaml`, and its values that work with a system. */
export interface RestrictedSetting {
  readonly path: readonly [section: 'login' | 'configure', key: string]
  readonly values: readonly string[]
}

/** An operating system of images. Each function loads its code when it is called, so importing a system is fast. */
export interface System {
  /** The name in messages, as in `a Windows family`. */
  readonly title: string
  /** Values of settings in `family.yaml` that differ from the defaults of the schema, by section. */
  readonly defaults: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Settings in `family.yaml` that allow only some of their values. */
  readonly restricted: readonly RestrictedSetting[]
  /** Whether a user other than root uses `sudo` to become root. */
  readonly usesSudo: boolean
  /** Kind of the key pair with which the build logs in. */
  readonly keyKind: SshKeyKind
  /** The identifiers of its hygiene checks. */
  readonly checks: readonly string[]
  /** Its checks whose findings are only a hint if the base machine has them too. */
  readonly inheritedChecks?: readonly string[]
  /** Whether the identity can be read while a playbook runs. False if a reboot in the playbook would break that. */
  readonly readsIdentityInParallel: boolean
  /** Throws MissingError if the build would be unable to log in to its machines. Called before anything is created. */
  preflight?(family: Family, cloud: { readonly name: string; readonly findPasswordData?: unknown }): void
  /** Opens the connection of a step. Throws RejectedError if the account cannot do what the step needs. */
  openSession(context: StepContext, host: Host): Promise<OpenSession>
  /** Why the account of the build cannot do what a step needs. A playbook can cause that. Undefined if nothing is wrong. */
  findAccessProblem?(session: Session): Promise<RejectedError | undefined>
  /** Makes a base machine ready for the playbook. Returns a hint for a playbook that fails, if it saw a reason. Throws RejectedError. */
  prepare?(session: Session): Promise<string | undefined>
  /** The hint for a playbook that failed because a base machine lacks something; undefined if that is not the reason. */
  findHint?(configure: Configure, cause: string): Promise<string | undefined>
  /** Reads the identity of a machine. Throws RejectedError if it cannot be read. */
  readIdentity(session: Session): Promise<Identity>
  /**
   * Removes what must not be in an image, and starts the shutdown. `isStopped` asks the cloud; it is for systems that shut down long after
   * their connection has closed. Throws RejectedError.
   */
  seal(session: Session, isStopped: () => Promise<boolean>): Promise<void>
  /** Runs the hygiene checks on a trial. `boots`: how often it has been started. */
  checkHygiene(session: Session, boots: number): Promise<HygieneReport>
  /** Checks the disk of the image that a machine was started from. Not for systems whose file systems cannot be read. */
  checkOffline?(session: Session, disk: OfflineDisk): Promise<readonly CaseResult[]>
  /** Reboots a machine and waits until it accepts a login again. Throws RejectedError after `deadline` (ms since 1970). */
  reboot(session: Session, deadline: number): Promise<void>
  /** Saves logs of a machine to the diagnostics folder. If the machine does not answer, saves nothing. */
  saveDiagnostics?(session: Session): Promise<void>
}
