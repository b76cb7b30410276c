import type { Filter, Tag } from '@aws-sdk/client-ec2'
import { UsageError } from '../../core/errors.ts'
import type { Tags } from '../../model/tags.ts'

/** Prefix of the tag keys on AWS, so that an IAM policy can refer to them. */
const prefix = 'bakehouse:'
/** Tag with the time when a resource expires. A promoted image has it until it is complete. */
export const expiresKey = `${prefix}expires`
/** Tag with the other regions of a build, separated by spaces. `reap` also searches these regions. */
const regionsKey = `${prefix}regions`

/** The keys that users may give to tags. The others are those of AWS and of Bakehouse. */
export const tagKey = /^(?!aws:|bakehouse:|Name$)[\w .:/=+@-]{1,128}$/

const names = ['tool', 'family', 'version', 'build', 'stage', 'expires'] as const

/** Tags in the form of AWS, with a `Name` for the console. */
export function renderTags(tags: Tags, name: string, regions: readonly string[] = []): Record<string, string> {
  const own = names.map((key) => [`${prefix}${key}`, tags[key]] as const)
  const others = regions.length > 0 ? { [regionsKey]: regions.join(' ') } : {}
  return { Name: name, ...Object.fromEntries(own), ...others }
}

/** The Bakehouse tags of an AWS resource; undefined if it has none. */
export function parseTags(tags: readonly Tag[] | undefined): Tags | undefined {
  const all = new Map(tags?.map(({ Key, Value }) => [Key, Value]))
  if (all.get(`${prefix}tool`) !== 'bakehouse') return undefined
  return Object.fromEntries(names.map((name) => [name, all.get(`${prefix}${name}`) ?? ''])) as unknown as Tags
}

/** The other regions that the tags name. */
export function parseRegions(tags: readonly Tag[] | undefined): string[] {
  const regions = tags?.find(({ Key }) => Key === regionsKey)?.Value ?? ''
  return regions.split(' ').filter(Boolean)
}

/** Filters of a Describe call for these tags. */
export function tagFilters(tags: Partial<Tags>): Filter[] {
  const wanted = { tool: 'bakehouse', ...tags }
  return names.flatMap((name) => (wanted[name] === undefined ? [] : [{ Name: `tag:${prefix}${name}`, Values: [wanted[name]] }]))
}

/** The watermark of promoted images. Each family has its own: images made from an image inherit its watermarks. */
export function watermarkName(family: string): string {
  return `bakehouse-${family}`
}

/** Checks an image name against the rules of EC2. Throws UsageError. */
export function parseImageName(name: string): string {
  if (/^[A-Za-z0-9()[\] ./\-'@_]{3,128}$/.test(name)) return name
  throw new UsageError(`Expected an image name of 3 to 128 characters out of A-Z a-z 0-9 ( ) [ ] space . / - ' @ _, got "${name}"`, {
    hint: 'the name is made of family and version: give the family a shorter name',
  })
}
