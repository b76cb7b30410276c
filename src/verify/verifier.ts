import type { z } from 'zod'
import type { StepContext } from '../guest/context.ts'
import type { Session } from '../guest/session.ts'
import type { Connection } from '../guest/ssh/ssh.ts'
import type { Os } from '../model/family.ts'
import type { Suite } from '../model/suite.ts'
import type { SuiteReport } from '../model/suite-result.ts'

/** A machine being verified, and what its suites' names end with. */
export interface Trial extends Session {
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

type SchemaWords = typeof import('../core/schema.ts')

/** One tool that tests machines. A file of `verify/`, and a line in `verifiers.ts`. */
export interface Verifier {
  /** The first key of the verifier's suites in `family.yaml`; its value is their file. */
  readonly name: string
  /** Operating systems that it can test. */
  readonly systems: readonly Os[]
  /** The keys of a suite whose values are paths in the family's folder. `any` is a file or a folder. */
  readonly files: Readonly<Record<string, 'file' | 'any'>>
  /** Schemas of the further keys of a suite, made of the words of `core/schema.ts`: a verifier does not load zod itself. */
  readonly keys?: (words: SchemaWords) => Readonly<Record<string, z.ZodType>>
  /** Throws MissingError where this computer lacks the tool. Asked before anything is created. */
  check?(): void
  /** Runs the suite. What fails is in the report; only a tool that is missing throws. */
  run(suite: SuiteContext): Promise<SuiteReport>
}
