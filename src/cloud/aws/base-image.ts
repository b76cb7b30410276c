import { DescribeImagesCommand, type Filter, type Image } from '@aws-sdk/client-ec2'
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import { UsageError } from '../../core/errors.ts'
import type { BaseImage } from '../../core/model.ts'
import type { Base } from '../../family/schema.ts'
import { ask, clients } from './clients.ts'
import { isNotFound } from './errors.ts'
import { parseTags } from './tags.ts'

/** A base as EC2 describes it, beside what the build needs of it. */
export interface FoundBase {
  readonly base: BaseImage
  readonly image: Image
}

/** The parameter that holds the latest good image of a family. */
export function parameterName(family: string): string {
  return `/bakehouse/${family}/latest`
}

/** The image that a base of any of EC2's forms stands for, now. Throws UsageError when there is none that can be started. */
export async function findBase(base: Base): Promise<FoundBase> {
  const image = await findImage(base)
  if (image.State !== 'available') throw new UsageError(`The base image ${image.ImageId} is ${image.State}, not available`)
  const id = image.ImageId ?? ''
  const tags = parseTags(image.Tags)
  const ancestor = 'family' in base && tags ? { ancestor: { family: tags.family, version: tags.version } } : {}
  return { image, base: { id, name: image.Name ?? id, digest: id, ...ancestor } }
}

async function findImage(base: Base): Promise<Image> {
  if ('ami' in base) return newestImage(base.ami)
  if ('amiId' in base) return describeImage(base.amiId, 'base.amiId')
  if ('parameter' in base) return describeImage(await readParameter(base.parameter, 'no such parameter'), `parameter ${base.parameter}`)
  if ('family' in base) {
    const name = parameterName(base.family)
    return describeImage(await readParameter(name, `${base.family} has no latest good image yet: bake it first`), `parameter ${name}`)
  }
  throw new UsageError('Expected a base that EC2 has: ami, amiId, parameter or family')
}

/** By name, but of these owners only: anybody may give an image any name. */
async function newestImage({ owners, name, architecture }: Extract<Base, { ami: unknown }>['ami']): Promise<Image> {
  const filters: Record<string, string> = { name, architecture, state: 'available', 'image-type': 'machine' }
  const Filters = Object.entries(filters).map(([Name, value]): Filter => ({ Name, Values: [value] }))
  const { Images = [] } = await ask('to look for the base image', () =>
    clients.ec2().send(new DescribeImagesCommand({ Owners: [...owners], Filters })),
  )
  const [newest] = Images.toSorted((one, other) => (other.CreationDate ?? '').localeCompare(one.CreationDate ?? ''))
  if (newest) return newest
  throw new UsageError(`No image of ${owners.join(', ')} is named ${name} for ${architecture} in this region`, {
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
  throw new UsageError(`The base image ${id} (${from}) is not in this region, or not for this account`)
}

async function readParameter(name: string, otherwise: string): Promise<string> {
  try {
    const { Parameter } = await ask(`to read ${name}`, () => clients.ssm().send(new GetParameterCommand({ Name: name })))
    // A parameter may hold more than the id: AWS has some that are JSON.
    return /\bami-[0-9a-f]{8,17}\b/.exec(Parameter?.Value ?? '')?.[0] ?? ''
  } catch (error) {
    if (isNotFound(error)) throw new UsageError(`Parameter ${name}: ${otherwise}`, { cause: error })
    throw error
  }
}
