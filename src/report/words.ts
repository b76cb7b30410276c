import { defined } from '../core/defined.ts'
import { stateCommandLine } from '../core/program.ts'
import type { Ending, EndingWords } from '../model/ending.ts'
import type { Phase } from '../model/phases.ts'

/** The message and the hint for an ending of a build of `family`. The caller adds family and version to the message. */
export function wordsOf(ending: Ending, family: string): EndingWords {
  const leftovers = 'left' in ending ? hintForLeftovers(ending.left, family) : undefined
  switch (ending.kind) {
    case 'promoted':
      return { message: 'promoted' }
    case 'rejected':
      return { message: ending.why, ...hintOf(ending.hint ?? leftovers) }
    case 'missing':
      return { message: ending.what, ...hintOf(ending.hint ?? leftovers) }
    case 'bug':
      return { message: ending.why, ...hintOf(leftovers) }
    case 'cancelled':
      return { message: `cancelled${renderDuring(ending.phase)}; ${renderRemoval(ending.left)}`, ...hintOf(leftovers) }
    case 'interrupted':
      return {
        message: `interrupted${renderDuring(ending.phase)} by ${ending.by}; ${renderRemoval(ending.left)}`,
        ...hintOf(leftovers),
      }
  }
}

/** One line that says why a build promoted nothing. `status` is the status in the record. */
export function renderCause(status: string, { phase, message }: { readonly phase?: Phase; readonly message: string }): string {
  return status === 'failed' && phase !== undefined ? `${phase} failed: ${message}` : message
}

function renderDuring(phase: Phase | undefined): string {
  return phase === undefined ? '' : ` during ${phase}`
}

function renderRemoval(left: readonly string[]): string {
  return left.length === 0 ? 'everything the build made was removed' : `not removed: ${left.join(', ')}`
}

function hintForLeftovers(left: readonly string[], family: string): string | undefined {
  return left.length === 0 ? undefined : `delete it: ${stateCommandLine('reap', '--family', family)}`
}

function hintOf(hint: string | undefined): { hint?: string } {
  return defined({ hint })
}
