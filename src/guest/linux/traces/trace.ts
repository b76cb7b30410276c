/**
 * What to do with something that must not be the same on all machines of an image, or that a build leaves behind. Sealing, hygiene and
 * docs/sealing.md use one list of these.
 */
export interface Trace {
  /** A short name, used once. */
  readonly operation: string
  readonly what: string
  /**
   * - `remove`: sealing removes the paths, and fails if one of them stays.
   * - `script`: a part of seal.sh with the comment `# Operation: <name>` does it.
   * - `keep`: sealing does nothing; `why` says the reason.
   */
  readonly seal: 'remove' | 'script' | 'keep'
  /** Absolute patterns of the shell, without spaces. `~/` stands for the home folder of each account. */
  readonly paths?: readonly string[]
  /** The hygiene check that finds the paths if they are older than the machine; or another check that covers the operation. */
  readonly check?: string
  /** Whether `check` searches for the paths itself. Otherwise a part of hygiene.sh does it in another way. */
  readonly checkedElsewhere?: boolean
  /** Whether each machine makes new files with content of its own. Hygiene compares them between the machines of one image. */
  readonly isUnique?: true
  /** Why it is not sealed, or not checked. */
  readonly why?: string
  /** The operations of virt-sysprep that do the same. */
  readonly sysprep?: readonly string[]
}
