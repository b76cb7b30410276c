import { defined } from '../core/defined.ts'
import { exitCodes, statuses } from './ending-kind.ts'
import type { BakeFailure, BakeOutcome } from './outcome.ts'
import type { LatestGood } from './outputs.ts'
import type { Phase } from './phases.ts'
import type { BuildRecord } from './record.ts'
import type { SuiteResult } from './suite-result.ts'

/** Machines of a build that were kept for inspection. */
export interface Kept {
  /** ISO 8601: when `reap` may delete them. */
  readonly until: string
  /** How to log in, one line per machine. */
  readonly logins: readonly string[]
}

/** The results that all ended builds have. */
interface BuildResults {
  readonly suites: readonly SuiteResult[]
  /** Suites that also passed on the unconfigured base machine (`--prove`). */
  readonly weakSuites: readonly string[]
  readonly kept?: Kept
}

/** The results of a build that promoted nothing. */
interface Unfinished extends BuildResults {
  readonly phase: Phase | undefined
  /** Resources that the build could not remove, for example `instance i-1`. `reap` removes them. */
  readonly left: readonly string[]
}

/** Why a build promoted nothing. */
export type Trouble =
  /** The image failed its build or its tests. */
  | { readonly kind: 'rejected'; readonly why: string; readonly hint?: string }
  /** A tool or a credential is missing. */
  | { readonly kind: 'missing'; readonly what: string; readonly hint?: string }
  /** The user asked the build to stop. */
  | { readonly kind: 'cancelled' }
  /** A process of the build was killed from outside. `by`: the signal and the process. */
  | { readonly kind: 'interrupted'; readonly by: string }
  /** An internal error. */
  | { readonly kind: 'bug'; readonly why: string; readonly stack: string }

/** How a build ended. Record, outcome, exit code and messages are computed from this value. */
export type Ending =
  | (BuildResults & { readonly kind: 'promoted'; readonly image: LatestGood; readonly imagePath?: string })
  | (Unfinished & Trouble)

/** The message and the hint of an ending. */
export interface EndingWords {
  readonly message: string
  readonly hint?: string
}

/** The fields of the record for an ending. */
export function recordOf(
  ending: Ending,
  words: EndingWords,
): Pick<BuildRecord, 'status' | 'ending' | 'suites' | 'image' | 'error' | 'keptUntil' | 'provesNothing' | 'left'> {
  return {
    status: statuses[ending.kind],
    ending: ending.kind,
    suites: ending.suites,
    ...(ending.kind === 'promoted' ? { image: ending.image } : { error: errorOf(ending, words), left: ending.left }),
    ...defined({ keptUntil: ending.kept?.until }),
    ...weakSuitesOf(ending),
  }
}

/** The fields of the outcome for an ending. */
export function outcomeOf(
  ending: Ending,
  words: EndingWords,
): Pick<BakeOutcome, 'status' | 'ending'> & Partial<Omit<BakeOutcome, 'status' | 'ending'>> {
  const kept = ending.kept && ending.kept.logins.length > 0 ? ending.kept.logins : undefined
  const common = { status: statuses[ending.kind], ending: ending.kind, ...defined({ kept }), ...weakSuitesOf(ending) }
  if (ending.kind === 'promoted') {
    const { inputsDigest: _, ...outputs } = ending.image
    return { ...outputs, ...common, ...defined({ imagePath: ending.imagePath }) }
  }
  const stack = ending.kind === 'bug' ? ending.stack : undefined
  const error: BakeFailure = { ...errorOf(ending, words), exitCode: exitCodes[ending.kind], ...defined({ stack }) }
  return { ...common, error, ...defined({ left: ending.left.length > 0 ? ending.left : undefined }) }
}

function errorOf({ phase }: Unfinished, { message, hint }: EndingWords): NonNullable<BuildRecord['error']> {
  return defined({ message, hint, phase })
}

function weakSuitesOf({ weakSuites }: BuildResults): Pick<BuildRecord, 'provesNothing'> {
  return defined({ provesNothing: weakSuites.length > 0 ? weakSuites : undefined })
}
