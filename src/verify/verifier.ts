import type { z } from 'zod'
import type { StepContext } from '../guest/context.ts'
import type { Session } from '../guest/session.ts'
import type { Connection } from '../guest/ssh/ssh.ts'
import type { Os } from '../guest/systems.ts'
import type { Suite } from '../model/suite.ts'
import type { SuiteReport } from '../model/suite-result.ts'

/** A machine that suites run on. */
export interface Trial extends Session {
  /** Suffix of suite names: ` (clone 2)`, ` (after reboot)`. */
  readonly suffix: string
  /** Number of boots. */
  readonly boots: number
  /** Deadline of all suites, in ms since 1970. */
  readonly deadline: number
}

/** Input of a verifier. */
export interface SuiteContext {
  readonly context: StepContext
  readonly connection: Connection
  /** Number of boots of the machine. Default: 1. */
  readonly boots?: number
  readonly suite: Suite
  /** Base name of its report files, without extension. */
  readonly slug: string
  readonly timeoutMs: number
  /** Settles when the hygiene checks are done. Before that, a tool may start but must not change the machine. */
  readonly clear?: Promise<unknown>
}

type SchemaWords = typeof import('../core/schema.ts')

/** A tool that tests machines: one file in `verify/` and one line in `verifiers.ts`. */
export interface Verifier {
  /** The first key of its suites in `family.yaml`; the value is the file of the suite. */
  readonly name: string
  /** Operating systems that it can test. */
  readonly systems: readonly Os[]
  /** The keys of a suite whose values are paths in the folder of the family. `any` is a file or a folder. */
  readonly files: Readonly<Record<string, 'file' | 'any'>>
  /** Schemas of the further keys of a suite, built from `core/schema.ts`, so that a verifier does not import zod. */
  readonly keys?: (words: SchemaWords) => Readonly<Record<string, z.ZodType>>
  /** Throws MissingError if this computer lacks the tool. Called before anything is created. */
  check?(): void
  /** Runs the suite. Failures are in the result; it throws only if a tool is missing. */
  run(suite: SuiteContext): Promise<SuiteReport>
}
