import { DescribeImagesCommand, type Filter, type Image } from '@aws-sdk/client-ec2'
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import { MissingError, UsageError } from '../../core/errors.ts'
import type { BaseImage } from '../../model/image.ts'
import type { FamilyOutputs } from '../../model/outputs.ts'
import type { BaseSearch } from '../cloud.ts'
import { ask, clients } from './clients.ts'
import { isNotFound } from './errors.ts'
import type { AwsBase } from './options.ts'

/** A base image, with its description by EC2. */
export interface FoundBase {
  readonly base: BaseImage
  readonly image: Image
}

/** The parameter that holds the latest good image of a family. */
export function parameterName(family: string): string {
  return `/bakehouse/${family}/latest`
}

/** Finds the image of a base of any kind that EC2 has. Throws MissingError if there is none that can be launched. */
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

/** The ID of a family's latest good image in this region, and where it was found. */
function ancestorOf({ family, version, imagesByRegion }: FamilyOutputs, region: string): [id: string, from: string] {
  const id = imagesByRegion[region]
  if (id !== undefined) return [id, `${family} ${version}`]
  const regions = Object.keys(imagesByRegion).join(', ')
  throw new MissingError(`The latest good image of ${family}, ${version}, is in ${regions} but not in ${region}`, {
    hint: `add ${region} to aws.regions in the family.yaml of ${family} and build it again, or build in ${regions}`,
  })
}

async function findImage(base: AwsBase): Promise<Image> {
  if (base.kind === 'ami') return newestImage(base.ami)
  if (base.kind === 'amiId') return describeImage(base.amiId, 'base.amiId')
  if (base.kind === 'parameter') return describeImage(await readParameter(base.parameter), `parameter ${base.parameter}`)
  throw new UsageError('Expected a base for EC2: ami, amiId, parameter or family')
}

/** Searches images of these owners only: anyone can publish an image under any name. */
async function newestImage({ owners, name, architecture }: Extract<AwsBase, { kind: 'ami' }>['ami']): Promise<Image> {
  const filters: Record<string, string> = { name, architecture, state: 'available', 'image-type': 'machine' }
  const Filters = Object.entries(filters).map(([Name, value]): Filter => ({ Name, Values: [value] }))
  const { Images = [] } = await ask('to find the base image', () =>
    clients.ec2().send(new DescribeImagesCommand({ Owners: [...owners], Filters })),
  )
  const [newest] = Images.toSorted((one, other) => (other.CreationDate ?? '').localeCompare(one.CreationDate ?? ''))
  if (newest) return newest
  throw new MissingError(`No image of ${owners.join(', ')} with the name ${name} and the architecture ${architecture} in this region`, {
    hint: 'base.ami: check owners, name (* and ? are wildcards) and the region',
  })
}

async function describeImage(id: string, from: string): Promise<Image> {
  try {
    const { Images } = await ask('to read the base image', () => clients.ec2().send(new DescribeImagesCommand({ ImageIds: [id] })))
    if (Images?.[0]) return Images[0]
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  throw new MissingError(`The base image ${id} (${from}) does not exist in this region, or is not shared with this account`, {
    hint: 'base in family.yaml: check the id, AWS_REGION, and that its owner shares the image with this account',
  })
}

async function readParameter(name: string): Promise<string> {
  const value = await findParameter(name)
  // The value may be JSON that contains the ID: some parameters of AWS are.
  const id = /\bami-[0-9a-f]{8,17}\b/.exec(value ?? '')?.[0]
  if (id !== undefined) return id
  const found = value === undefined ? `Parameter ${name} does not exist in this region` : `Parameter ${name} contains no image ID`
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
