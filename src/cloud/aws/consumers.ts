import { type AutoScalingGroup, type LaunchTemplateSpecification, paginateDescribeAutoScalingGroups } from '@aws-sdk/client-auto-scaling'
import {
  DescribeImagesCommand,
  type Image,
  type ImageReference,
  type LaunchTemplateVersion,
  paginateDescribeImageReferences,
  paginateDescribeInstances,
  paginateDescribeLaunchTemplates,
  paginateDescribeLaunchTemplateVersions,
} from '@aws-sdk/client-ec2'
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import type { Consumer } from '../../model/consumer.ts'
import { ask, clients } from './clients.ts'
import { codeOf, isNotFound } from './errors.ts'
import { parseRegions, parseTags, tagFilters } from './tags.ts'

/** Versions of a family's promoted images in the region, by image ID. */
type Versions = ReadonlyMap<string, string>

/** The consumers of each promoted image of a family, in this region and in those with copies. IDs of other regions start with `<region>/`. */
export async function listConsumers(home: string, family: string): Promise<readonly Consumer[]> {
  return ask('to list consumers of an image', async () => {
    const images = await findImages(home, family)
    const others = new Set(images.flatMap(({ Tags }) => parseRegions(Tags)).filter((region) => region !== home))
    const here = await consumersIn(home, versionsOf(images))
    const there = await Promise.all(
      [...others].map(async (region) => {
        const consumers = await consumersIn(region, versionsOf(await findImages(region, family)))
        return consumers.map((consumer) => ({ ...consumer, id: `${region}/${consumer.id}` }))
      }),
    )
    return [...here, ...there.flat()]
  })
}

async function consumersIn(region: string, versions: Versions): Promise<Consumer[]> {
  const templates = await readTemplates(region)
  const walked = [
    ...(await groupsOf(region, versions, templates)),
    ...(await templatesOf(region, versions, templates)),
    ...(await instancesOf(region, versions)),
  ]
  // Skip references to a launch template as a whole: each of its versions is listed already.
  const known = new Set(walked.map(({ kind, id }) => `${kind} ${id.split(':')[0]}`))
  const referenced = await referencesTo(region, versions)
  return [...walked, ...referenced.filter(({ kind, id }) => !known.has(`${kind} ${id}`))]
}

async function findImages(region: string, family: string): Promise<Image[]> {
  const Filters = tagFilters({ family, stage: 'promoted' })
  const query = { Owners: ['self'], IncludeDeprecated: true, IncludeDisabled: true, Filters }
  const { Images = [] } = await clients.ec2(region).send(new DescribeImagesCommand(query))
  return Images
}

function versionsOf(images: readonly Image[]): Versions {
  return new Map(images.map(({ ImageId = '', Tags }) => [ImageId, parseTags(Tags)?.version ?? '']))
}

/** All versions of all launch templates: an old version may still be in use. */
async function readTemplates(region: string): Promise<LaunchTemplateVersion[]> {
  const client = clients.ec2(region)
  const found: LaunchTemplateVersion[] = []
  for await (const page of paginateDescribeLaunchTemplates({ client }, {})) {
    for (const { LaunchTemplateId } of page.LaunchTemplates ?? []) {
      for await (const versions of paginateDescribeLaunchTemplateVersions({ client }, { LaunchTemplateId })) {
        found.push(...(versions.LaunchTemplateVersions ?? []))
      }
    }
  }
  return found
}

/** EC2's reference search does not cover Auto Scaling groups. For each group, read its launch template and its overrides. */
async function groupsOf(region: string, versions: Versions, templates: readonly LaunchTemplateVersion[]): Promise<Consumer[]> {
  const consumers: Consumer[] = []
  for await (const page of paginateDescribeAutoScalingGroups({ client: clients.autoScaling(region) }, {})) {
    for (const group of page.AutoScalingGroups ?? []) {
      for (const imageId of await imagesOf(group, templates, region)) {
        const version = versions.get(imageId)
        const running = group.Instances?.length ?? 0
        if (version !== undefined) {
          consumers.push({ kind: 'group', id: group.AutoScalingGroupName ?? '', imageId, version, detail: `${running} instances` })
        }
      }
    }
  }
  return consumers
}

async function imagesOf(group: AutoScalingGroup, templates: readonly LaunchTemplateVersion[], region: string): Promise<Set<string>> {
  const mixed = group.MixedInstancesPolicy?.LaunchTemplate
  const specifications = [
    group.LaunchTemplate,
    mixed?.LaunchTemplateSpecification,
    ...(mixed?.Overrides ?? []).map((override) => override.LaunchTemplateSpecification),
  ]
  const written = [
    ...specifications.map((each) => findTemplate(each, templates)?.LaunchTemplateData?.ImageId),
    ...(mixed?.Overrides ?? []).map(({ ImageId }) => ImageId),
  ]
  const resolved = await Promise.all(written.map((image) => resolveImage(image, region)))
  return new Set(resolved.filter((image) => image !== undefined))
}

function findTemplate(wanted: LaunchTemplateSpecification | undefined, templates: readonly LaunchTemplateVersion[]) {
  if (!wanted) return undefined
  const all = templates.filter(({ LaunchTemplateId, LaunchTemplateName }) =>
    wanted.LaunchTemplateId ? LaunchTemplateId === wanted.LaunchTemplateId : LaunchTemplateName === wanted.LaunchTemplateName,
  )
  const version = wanted.Version ?? '$Default'
  if (version === '$Latest') return all.toSorted((one, other) => (other.VersionNumber ?? 0) - (one.VersionNumber ?? 0))[0]
  return all.find(({ VersionNumber, DefaultVersion }) => (version === '$Default' ? DefaultVersion : String(VersionNumber) === version))
}

/** The image ID that `resolve:ssm:name` currently resolves to. */
async function resolveImage(image: string | undefined, region: string): Promise<string | undefined> {
  const name = /^resolve:ssm:(.+)$/.exec(image ?? '')?.[1]
  if (name === undefined) return image
  const answer = await clients
    .ssm(region)
    .send(new GetParameterCommand({ Name: name }))
    .catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
  return answer?.Parameter?.Value
}

async function templatesOf(region: string, versions: Versions, templates: readonly LaunchTemplateVersion[]): Promise<Consumer[]> {
  const consumers: Consumer[] = []
  for (const { LaunchTemplateId, LaunchTemplateName = '', VersionNumber, LaunchTemplateData } of templates) {
    const imageId = (await resolveImage(LaunchTemplateData?.ImageId, region)) ?? ''
    const version = versions.get(imageId)
    if (version === undefined) continue
    consumers.push({ kind: 'launch-template', id: `${LaunchTemplateId}:${VersionNumber}`, imageId, version, detail: LaunchTemplateName })
  }
  return consumers
}

async function instancesOf(region: string, versions: Versions): Promise<Consumer[]> {
  if (versions.size === 0) return []
  const consumers: Consumer[] = []
  const Filters = [
    { Name: 'image-id', Values: [...versions.keys()] },
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ]
  for await (const page of paginateDescribeInstances({ client: clients.ec2(region) }, { Filters })) {
    for (const { InstanceId = '', ImageId = '', State } of (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      consumers.push({
        kind: 'instance',
        id: InstanceId,
        imageId: ImageId,
        version: versions.get(ImageId) ?? '',
        detail: State?.Name ?? '',
      })
    }
  }
  return consumers
}

/** Other references that EC2 finds: parameters, image recipes. Empty if the API does not support the call. */
async function referencesTo(region: string, versions: Versions): Promise<Consumer[]> {
  const ids = [...versions.keys()]
  const consumers: Consumer[] = []
  for (let at = 0; at < ids.length; at += 10) {
    for (const { ImageId = '', ResourceType = '', Arn = '' } of await readReferences(region, ids.slice(at, at + 10))) {
      const id = Arn.split('/').at(-1) ?? Arn
      consumers.push({ kind: kindOf(ResourceType), id, imageId: ImageId, version: versions.get(ImageId) ?? '', detail: Arn })
    }
  }
  return consumers
}

async function readReferences(region: string, ImageIds: string[]): Promise<ImageReference[]> {
  const found: ImageReference[] = []
  try {
    const query = { ImageIds, IncludeAllResourceTypes: true }
    for await (const { ImageReferences = [] } of paginateDescribeImageReferences({ client: clients.ec2(region) }, query)) {
      found.push(...ImageReferences)
    }
  } catch (error) {
    if (!/NotImplemented|InvalidAction|InternalFailure|UnknownOperation|Unsupported/.test(codeOf(error))) throw error
  }
  return found
}

/** `ec2:LaunchTemplate` is a `launch-template`. */
function kindOf(resourceType: string): string {
  return resourceType
    .replace(/^.*:/, '')
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
}
