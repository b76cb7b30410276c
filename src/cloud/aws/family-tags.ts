import { findVariable } from '../../core/environment.ts'
import { UsageError } from '../../core/errors.ts'
import type { Family } from '../../model/family.ts'
import type { Tags } from '../../model/tags.ts'
import { optionsOf } from './family-options.ts'
import { renderTags, tagKey } from './tags.ts'

/** The tags of a resource of a build: those of the project, those of the family (`aws.tags`), and those of Bakehouse. */
export function familyTags(family: Family, tags: Tags, name: string): Record<string, string> {
  const { tags: own, regions } = optionsOf(family)
  return { ...projectTags(), ...own, ...renderTags(tags, name, Object.keys(regions)) }
}

/** The tags for everything that any family creates, from the environment. Throws UsageError if they are not `key=value,key=value`. */
export function projectTags(text = findVariable('BAKEHOUSE_AWS_TAGS') ?? ''): Record<string, string> {
  const pairs = text.split(',').filter(Boolean)
  return Object.fromEntries(pairs.map(parsePair))
}

function parsePair(pair: string): [key: string, value: string] {
  const [, key = '', value] = /^\s*([^=]+?)\s*=(.*)$/.exec(pair) ?? []
  if (value !== undefined && tagKey.test(key)) return [key, value.trim()]
  throw new UsageError(`Expected BAKEHOUSE_AWS_TAGS to be tags as key=value,key=value, got "${pair}"`, {
    hint: 'a key must not start with aws: or bakehouse:, and Name is set by Bakehouse',
  })
}
