import type { Suite } from '../family/schema.ts'
import type { StepContext } from '../guest/context.ts'
import type { Connection } from '../guest/ssh/ssh.ts'
import type { SuiteReport } from '../model/suite-result.ts'

/** A machine being verified, and what its suites' names end with. */
export interface Trial {
  readonly connection: Connection
  /** The step's, with what only this machine's connection knows. */
  readonly context: StepContext
  /** ` (clone 2)`, ` (after reboot)`. */
  readonly suffix: string
  /** How often it has been started. */
  readonly boots: number
  /** When all suites must have ended, in ms since 1970. */
  readonly deadline: number
}

/** What a verifier works with. */
export interface SuiteContext {
  readonly context: StepContext
  readonly connection: Connection
  /** How often the machine has been started; once, if nothing is said. */
  readonly boots?: number
  readonly suite: Suite
  /** File name of its reports, without an ending. */
  readonly slug: string
  readonly timeoutMs: number
  /** Until this is settled, nothing may be done to the machine that hygiene could find; a tool may start meanwhile. */
  readonly clear?: Promise<unknown>
}

/** One way to test a machine. */
export interface Verifier {
  /** Throws MissingError where this machine lacks its tool: asked before anything is created. */
  check?(): void
  /** Runs the suite. What fails is in the report; only a tool that is missing throws. */
  run(suite: SuiteContext): Promise<SuiteReport>
}
