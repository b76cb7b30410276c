import { DescribeImagesCommand, type Filter, type Image } from '@aws-sdk/client-ec2'
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import { MissingError, UsageError } from '../../core/errors.ts'
import type { BaseImage, LatestImage } from '../../model/image.ts'
import type { BaseSearch } from '../cloud.ts'
import { ask, clients } from './clients.ts'
import { isNotFound } from './errors.ts'
import type { AwsBase } from './options.ts'

/** A base as EC2 describes it, beside what the build needs of it. */
export interface FoundBase {
  readonly base: BaseImage
  readonly image: Image
}

/** The parameter that holds the latest good image of a family. */
export function parameterName(family: string): string {
  return `/bakehouse/${family}/latest`
}

/** The image that a base of any of EC2's forms stands for, now. Throws MissingError when there is none that can be started. */
export async function findBase(base: AwsBase, search: Search): Promise<FoundBase> {
  const latest = base.kind === 'family' ? await search.latestGood() : undefined
  const image = latest ? await describeImage(...ancestorOf(latest, search.region)) : await findImage(base)
  const id = image.ImageId ?? ''
  if (image.State !== 'available') {
    throw new MissingError(`The base image ${id} is ${image.State}, not available`, { hint: 'wait for it, or choose another base' })
  }
  const ancestor = latest ? { ancestor: { family: latest.family, version: latest.version } } : {}
  return { image, base: { id, name: image.Name ?? id, digest: id, ...ancestor } }
}

interface Search extends Pick<BaseSearch, 'latestGood'> {
  readonly region: string
}

/** The id of a family's latest good image here, and where it was found. */
function ancestorOf({ family, version, imagesByRegion }: LatestImage, region: string): [id: string, from: string] {
  const id = imagesByRegion[region]
  if (id !== undefined) return [id, `${family} ${version}`]
  const regions = Object.keys(imagesByRegion).join(', ')
  throw new MissingError(`The latest good image of ${family}, ${version}, is in ${regions}, and not in ${region}`, {
    hint: `aws.regions in the family.yaml of ${family} puts a copy there; or bake in ${regions}`,
  })
}

async function findImage(base: AwsBase): Promise<Image> {
  if (base.kind === 'ami') return newestImage(base.ami)
  if (base.kind === 'amiId') return describeImage(base.amiId, 'base.amiId')
  if (base.kind === 'parameter') return describeImage(await readParameter(base.parameter), `parameter ${base.parameter}`)
  throw new UsageError('Expected a base that EC2 has: ami, amiId, parameter or family')
}

/** By name, but of these owners only: anybody may give an image any name. */
async function newestImage({ owners, name, architecture }: Extract<AwsBase, { kind: 'ami' }>['ami']): Promise<Image> {
  const filters: Record<string, string> = { name, architecture, state: 'available', 'image-type': 'machine' }
  const Filters = Object.entries(filters).map(([Name, value]): Filter => ({ Name, Values: [value] }))
  const { Images = [] } = await ask('to look for the base image', () =>
    clients.ec2().send(new DescribeImagesCommand({ Owners: [...owners], Filters })),
  )
  const [newest] = Images.toSorted((one, other) => (other.CreationDate ?? '').localeCompare(one.CreationDate ?? ''))
  if (newest) return newest
  throw new MissingError(`No image of ${owners.join(', ')} is named ${name} for ${architecture} in this region`, {
    hint: 'base.ami: check owners, name (* and ? are wild) and the region',
  })
}

async function describeImage(id: string, from: string): Promise<Image> {
  try {
    const { Images } = await ask('to look at the base image', () => clients.ec2().send(new DescribeImagesCommand({ ImageIds: [id] })))
    if (Images?.[0]) return Images[0]
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  throw new MissingError(`The base image ${id} (${from}) is not in this region, or not for this account`, {
    hint: 'base in family.yaml: check the id, AWS_REGION, and that its owner shares the image with this account',
  })
}

async function readParameter(name: string): Promise<string> {
  const value = await findParameter(name)
  // A parameter may hold more than the id: AWS has some that are JSON.
  const id = /\bami-[0-9a-f]{8,17}\b/.exec(value ?? '')?.[0]
  if (id !== undefined) return id
  const found = value === undefined ? `There is no parameter ${name} in this region` : `Parameter ${name} holds no image id`
  throw new MissingError(found, { hint: 'base.parameter in family.yaml: check the name and AWS_REGION' })
}

async function findParameter(name: string): Promise<string | undefined> {
  try {
    const { Parameter } = await ask(`to read ${name}`, () => clients.ssm().send(new GetParameterCommand({ Name: name })))
    return Parameter?.Value
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
