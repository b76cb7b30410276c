import { shorten } from '../core/shorten.ts'
import type { BuildEvent } from './events.ts'
import type { SuiteResult } from './suite-result.ts'

/**
 * What guests and tools said, in the values that a build passes on: only this is redacted. Statuses, names of suites, versions and
 * dates are ours, and they are decided on: a secret that happens to be `failed` or `2026` must not change them.
 */
type Clean = (text: string) => string

/** Characters of one message in results and records; the logs have all of it. */
export const longestText = 16_384

/** A suite with its free text cleaned: names and messages of cases, and its problem. */
export function cleanSuite(suite: SuiteResult, clean: Clean): SuiteResult {
  const { cases, problem } = suite
  return {
    ...suite,
    cases: cases.map(({ name, message, ...rest }) => ({
      ...rest,
      name: clean(name),
      ...(message === undefined ? {} : { message: clean(message) }),
    })),
    ...(problem === undefined ? {} : { problem: clean(problem) }),
  }
}

const freeKeys: readonly string[] = ['cause', 'hint', 'stack', 'what', 'why']

/** How a step or a build ended, with its free text cleaned and within the limit. Its suites are clean already. */
export function cleanWords<Ended extends object>(ended: Ended, clean: Clean): Ended {
  const entries = Object.entries(ended).map(([key, value]: [string, unknown]) => {
    const isFree = freeKeys.includes(key) && typeof value === 'string'
    return [key, isFree ? shorten(clean(value), longestText) : value]
  })
  return Object.fromEntries(entries) as Ended
}

/** An event with its free text cleaned: the name of a task, the text of a note. */
export function cleanEvent<Event extends BuildEvent>(event: Event, clean: Clean): Event {
  if (event.type === 'note') return { ...event, text: clean(event.text) }
  return event.type === 'phase' ? event : { ...event, name: clean(event.name) }
}
