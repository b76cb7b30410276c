import type { SuiteResult } from '../core/model.ts'

/** What a suite that passes on the unconfigured base has as its `problem`. */
export const provesNothing = 'it passes on the unconfigured base too: it proves nothing'

/** What the name of a suite ends with while it runs on the base. */
export const onBase = ' (base)'

/** The suites that proved nothing, by the names they have in a family. */
export function namesOfUseless(suites: readonly SuiteResult[]): string[] {
  return suites.filter(({ problem }) => problem === provesNothing).map(({ suite }) => suite.replace(onBase, ''))
}
