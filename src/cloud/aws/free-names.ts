import { DescribeImagesCommand, type Image } from '@aws-sdk/client-ec2'
import { DescribeParametersCommand, GetParameterCommand, ListTagsForResourceCommand } from '@aws-sdk/client-ssm'
import { MissingError } from '../../core/errors.ts'
import type { Family } from '../../model/family.ts'
import type { BuildNames } from '../cloud.ts'
import { parameterName } from './base-image.ts'
import { ask, clients } from './clients.ts'
import { optionsOf } from './family-options.ts'
import { parameterResource } from './publish-resources.ts'
import { parseTags } from './tags.ts'

/**
 * Checks, in each region of a build, that no image has a name that the build needs, and that no other state manages the parameter of the
 * family: names are unique in an account, and two states do not know of each other. A parameter whose image does not exist is free.
 * Throws MissingError, which says who has the name.
 */
export async function requireFreeNames(family: Family, names: BuildNames, home: string): Promise<void> {
  const regions = [home, ...Object.keys(optionsOf(family).regions)]
  await Promise.all(regions.map((region) => requireFreeImageNames(names.images, region)))
  await Promise.all(
    regions
      .filter((region) => !names.published.has(parameterResource(region)))
      .map((region) => requireFreeParameter(parameterName(family.name), region)),
  )
}

const otherState = 'if another state builds this family in the account, use that state (--backend) or rename the family'

async function requireFreeImageNames(names: readonly string[], region: string): Promise<void> {
  const query = { Owners: ['self'], IncludeDeprecated: true, IncludeDisabled: true, Filters: [{ Name: 'name', Values: [...names] }] }
  const { Images: [image] = [] } = await ask(`to list images in ${region}`, () =>
    clients.ec2(region).send(new DescribeImagesCommand(query)),
  )
  if (!image) return
  throw new MissingError(`The image name ${image.Name} is in use in ${region}: ${describeImage(image)}`, {
    hint: `${otherState}; if the image is not needed, deregister it: aws ec2 deregister-image --region ${region} --image-id ${image.ImageId}`,
  })
}

function describeImage({ ImageId, CreationDate, Tags }: Image): string {
  const tags = parseTags(Tags)
  const owner = tags ? `of the build ${tags.build} of the family ${tags.family}` : 'which has no tags of Bakehouse'
  return `${ImageId}, ${owner}, made ${CreationDate ?? 'at an unknown time'}`
}

async function requireFreeParameter(name: string, region: string): Promise<void> {
  const query = { ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values: [name] }] }
  const { Parameters: [found] = [] } = await ask(`to read ${name} in ${region}`, () =>
    clients.ssm(region).send(new DescribeParametersCommand(query)),
  )
  if (!found || !(await namesImage(name, region))) return
  const { Description = 'without a description', LastModifiedUser = 'an unknown user', LastModifiedDate } = found
  const change = `last changed by ${LastModifiedUser}${LastModifiedDate ? ` on ${LastModifiedDate.toISOString()}` : ''}`
  const tags = await readTags(name, region)
  throw new MissingError(`The parameter ${name} in ${region} is not in this state: "${Description}", ${change}${tags}`, {
    hint: `${otherState}; if the parameter is not needed, delete it: aws ssm delete-parameter --region ${region} --name ${name}`,
  })
}

/** The tags that a parameter has from the other family file or project, in words; empty if they cannot be read. */
async function readTags(name: string, region: string): Promise<string> {
  const query = { ResourceType: 'Parameter' as const, ResourceId: name }
  const { TagList = [] } = await clients
    .ssm(region)
    .send(new ListTagsForResourceCommand(query))
    .catch(() => ({ TagList: [] }))
  const own = TagList.filter(({ Key }) => !Key?.startsWith('bakehouse:'))
  return own.length > 0 ? `, tags: ${own.map(({ Key, Value }) => `${Key}=${Value}`).join(', ')}` : ''
}

/** False if the image in the parameter does not exist: a promotion was interrupted, and its image was removed. */
async function namesImage(name: string, region: string): Promise<boolean> {
  const { Parameter } = await ask(`to read ${name} in ${region}`, () => clients.ssm(region).send(new GetParameterCommand({ Name: name })))
  const query = { Filters: [{ Name: 'image-id', Values: [Parameter?.Value ?? ''] }], IncludeDeprecated: true, IncludeDisabled: true }
  const { Images = [] } = await ask(`to list images in ${region}`, () => clients.ec2(region).send(new DescribeImagesCommand(query)))
  return Images.length > 0
}
