import type { Filter, Tag } from '@aws-sdk/client-ec2'
import { UsageError } from '../../core/errors.ts'
import type { Tags } from '../../model/tags.ts'

/** The keys of our tags on AWS start with this, so that a policy can be bound to them. */
const prefix = 'bakehouse:'
/** Other regions that a build puts copies into, separated by spaces: where to look for what it left. */
const regionsKey = `${prefix}regions`

const names = ['tool', 'family', 'version', 'build', 'stage', 'expires'] as const

/** Tags as AWS has them, with the name that consoles show. */
export function renderTags(tags: Tags, name: string, regions: readonly string[] = []): Record<string, string> {
  const ours = names.map((key) => [`${prefix}${key}`, tags[key]] as const)
  const others = regions.length > 0 ? { [regionsKey]: regions.join(' ') } : {}
  return { Name: name, ...Object.fromEntries(ours), ...others }
}

/** Our tags of something in AWS; undefined when it is not ours. */
export function parseTags(tags: readonly Tag[] | undefined): Tags | undefined {
  const all = new Map(tags?.map(({ Key, Value }) => [Key, Value]))
  if (all.get(`${prefix}tool`) !== 'bakehouse') return undefined
  return Object.fromEntries(names.map((name) => [name, all.get(`${prefix}${name}`) ?? ''])) as unknown as Tags
}

/** The other regions that something's tags name. */
export function parseRegions(tags: readonly Tag[] | undefined): string[] {
  const regions = tags?.find(({ Key }) => Key === regionsKey)?.Value ?? ''
  return regions.split(' ').filter(Boolean)
}

/** Filters of a Describe call for these tags. */
export function tagFilters(tags: Partial<Tags>): Filter[] {
  const wanted = { tool: 'bakehouse', ...tags }
  return names.flatMap((name) => (wanted[name] === undefined ? [] : [{ Name: `tag:${prefix}${name}`, Values: [wanted[name]] }]))
}

/** The mark of a family's promoted images. One a family: marks pass on to whatever is made from an image. */
export function watermarkName(family: string): string {
  return `bakehouse-${family}`
}

/** An image's name within EC2's rules. Throws UsageError. */
export function parseImageName(name: string): string {
  if (/^[A-Za-z0-9()[\] ./\-'@_]{3,128}$/.test(name)) return name
  throw new UsageError(`Expected an image name of 3 to 128 characters out of A-Z a-z 0-9 ( ) [ ] space . / - ' @ _, got "${name}"`, {
    hint: 'the name is made of family and version: give the family a shorter name',
  })
}
