import { defined } from '../core/defined.ts'
import { shorten } from '../core/shorten.ts'
import type { BuildEvent } from './events.ts'
import type { SuiteResult } from './suite-result.ts'

/**
 * Only text from machines and tools is redacted. Statuses, suite names, versions and dates come from this program, and decisions depend on
 * them: a secret that is `failed` or `2026` must not change them.
 */
type Clean = (text: string) => string

/** Maximum length of a message in results and records. The logs contain the whole text. */
export const longestText = 16_384

/** A suite with redacted text: names and messages of cases, and its problem. */
export function cleanSuite(suite: SuiteResult, clean: Clean): SuiteResult {
  const { cases, problem } = suite
  return {
    ...suite,
    cases: cases.map(({ name, message, ...rest }) => ({
      ...rest,
      name: clean(name),
      ...defined({ message: message && clean(message) }),
    })),
    ...defined({ problem: problem && clean(problem) }),
  }
}

const freeKeys: readonly string[] = ['cause', 'hint', 'stack', 'what', 'why']

/** The result of a step or a build with redacted text of limited length. Its suites are redacted already. */
export function cleanWords<Ended extends object>(ended: Ended, clean: Clean): Ended {
  const entries = Object.entries(ended).map(([key, value]: [string, unknown]) => {
    const isFree = freeKeys.includes(key) && typeof value === 'string'
    return [key, isFree ? shorten(clean(value), longestText) : value]
  })
  return Object.fromEntries(entries) as Ended
}

/** An event with redacted text: the name of a task, the text of a note. */
export function cleanEvent<Event extends BuildEvent>(event: Event, clean: Clean): Event {
  if (event.type === 'note') return { ...event, text: clean(event.text) }
  return event.type === 'phase' ? event : { ...event, name: clean(event.name) }
}
