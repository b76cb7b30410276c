import { type AutoScalingGroup, type LaunchTemplateSpecification, paginateDescribeAutoScalingGroups } from '@aws-sdk/client-auto-scaling'
import {
  DescribeImageReferencesCommand,
  DescribeImagesCommand,
  type LaunchTemplateVersion,
  paginateDescribeInstances,
  paginateDescribeLaunchTemplates,
  paginateDescribeLaunchTemplateVersions,
} from '@aws-sdk/client-ec2'
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import type { Consumer } from '../cloud.ts'
import { ask, clients } from './clients.ts'
import { codeOf, isNotFound } from './errors.ts'
import { parseTags, tagFilters } from './tags.ts'

/** Versions of a family's promoted images in the region, by image id. */
type Versions = ReadonlyMap<string, string>

/** Who in the region uses which promoted image of a family. */
export async function listConsumers(region: string, family: string): Promise<readonly Consumer[]> {
  return ask('to look at who uses an image', async () => {
    const versions = await findVersions(region, family)
    const templates = await readTemplates(region)
    const walked = [
      ...(await groupsOf(region, versions, templates)),
      ...templates.flatMap((version) => fromTemplate(version, versions)),
      ...(await instancesOf(region, versions)),
    ]
    const known = new Set(walked.map(({ kind, id }) => `${kind} ${id}`))
    const referenced = await referencesTo(region, versions)
    return [...walked, ...referenced.filter(({ kind, id }) => !known.has(`${kind} ${id}`))]
  })
}

async function findVersions(region: string, family: string): Promise<Versions> {
  const Filters = tagFilters({ family, stage: 'promoted' })
  const query = { Owners: ['self'], IncludeDeprecated: true, IncludeDisabled: true, Filters }
  const { Images = [] } = await clients.ec2(region).send(new DescribeImagesCommand(query))
  return new Map(Images.flatMap(({ ImageId = '', Tags }) => [[ImageId, parseTags(Tags)?.version ?? '']] as const))
}

/** All versions of all launch templates: an old one may still be somebody's. */
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

/** EC2's own references do not know Auto Scaling groups: each is followed to its template, and to its overrides. */
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
  const written = specifications.map((each) => findTemplate(each, templates)?.LaunchTemplateData?.ImageId)
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

/** The id that `resolve:ssm:name` stands for now. */
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

function fromTemplate(template: LaunchTemplateVersion, versions: Versions): Consumer[] {
  const imageId = template.LaunchTemplateData?.ImageId ?? ''
  const version = versions.get(imageId)
  if (version === undefined) return []
  const id = `${template.LaunchTemplateId}:${template.VersionNumber}`
  return [{ kind: 'launch-template', id, imageId, version, detail: template.LaunchTemplateName ?? '' }]
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

/** What else EC2 knows to refer to the images: parameters, image recipes. Where the API has no such call, nothing. */
async function referencesTo(region: string, versions: Versions): Promise<Consumer[]> {
  const ids = [...versions.keys()]
  const consumers: Consumer[] = []
  for (let at = 0; at < ids.length; at += 10) {
    const query = new DescribeImageReferencesCommand({ ImageIds: ids.slice(at, at + 10), IncludeAllResourceTypes: true })
    const answer = await clients
      .ec2(region)
      .send(query)
      .catch((error: unknown) => {
        if (/NotImplemented|InvalidAction|InternalFailure|UnknownOperation|Unsupported/.test(codeOf(error))) return undefined
        throw error
      })
    for (const { ImageId = '', ResourceType = '', Arn = '' } of answer?.ImageReferences ?? []) {
      const kind = ResourceType.replace(/^.*:/, '')
        .replace(/([a-z])([A-Z])/g, '$1-$2')
        .toLowerCase()
      const id = Arn.split('/').at(-1) ?? Arn
      consumers.push({ kind, id, imageId: ImageId, version: versions.get(ImageId) ?? '', detail: Arn })
    }
  }
  return consumers
}
