import { AmiCopy } from '@pulumi/aws/ec2/amiCopy.js'
import { AmiLaunchPermission } from '@pulumi/aws/ec2/amiLaunchPermission.js'
import { local } from '@pulumi/command'
import { all, type CustomResourceOptions, type Input, type Output, output } from '@pulumi/pulumi'
import { defined } from '../../core/defined.ts'
import type { ImageResource, ImageSpec } from '../cloud.ts'
import { findRegion } from './clients.ts'
import { optionsOf } from './family-options.ts'
import { familyTags } from './family-tags.ts'
import type { FinishRequest } from './finish.ts'
import { keyInput } from './key-input.ts'
import { runner } from './runner.ts'
import { parseImageName, watermarkName } from './tags.ts'

/**
 * The promoted image: one copy per region, shared as set in the family. The provider has no resources for deregistration protection,
 * IMDSv2 and tags of snapshots. A command sets them, is part of the state, and undoes them when the version is deleted. The ID of the
 * image is an output only after that.
 */
export function promotedCopy(
  logicalName: string,
  spec: ImageSpec & { readonly source: Input<string> },
  options: CustomResourceOptions,
): ImageResource {
  const { family } = spec.context
  const { kmsKeyId: ownKey, regions, protect, watermark, share: shared } = optionsOf(family)
  const tags = familyTags(family, spec.tags, spec.name)
  const unfinished = familyTags(family, { ...spec.tags, expires: spec.context.expires }, spec.name)
  const home = output(findRegion())
  const image = copyTo({ logicalName: `${logicalName}-copy`, spec, tags: unfinished, from: home, kmsKeyId: ownKey }, options)
  const others = Object.entries(regions).map(([region, { kmsKeyId }]) => ({
    region,
    image: copyTo({ logicalName: `${logicalName}-copy-${region}`, spec, tags: unfinished, from: home, kmsKeyId, region }, options),
  }))
  const shares = [
    ...share(logicalName, image, undefined, spec, options),
    ...others.flatMap((other) => share(`${logicalName}-${other.region}`, other.image, other.region, spec, options)),
  ]
  const imagesByRegion = all([home, image.id, all(others.map((other) => other.image.id))]).apply(([region, id, ids]) => ({
    [region]: id,
    ...Object.fromEntries(others.map((other, index) => [other.region, ids[index] ?? ''])),
  }))
  const request = imagesByRegion.apply((byRegion) =>
    JSON.stringify({
      ...{ imagesByRegion: byRegion, tags, protect },
      ...defined({
        copiers: shared.copy ? shared.accounts : undefined,
        watermark: watermark ? watermarkName(family.name) : undefined,
      }),
    } satisfies FinishRequest),
  )
  // The command has the name of the phase, because the phase ends when every copy is complete.
  const finished = new local.Command(
    logicalName,
    runner({ verb: 'finish', name: logicalName, context: spec.context, request, undo: 'release' }),
    {
      ...options,
      dependsOn: [image, ...others.map((other) => other.image), ...shares],
      customTimeouts: { create: '5h' },
    },
  )
  const after = <T>(value: Input<T>): Output<T> => all([value, finished.stdout]).apply(([done]) => done as T)
  const imageId = after<string>(image.id)
  return { resource: finished, imageId, imageName: output(spec.name), digest: imageId, imagesByRegion: after(imagesByRegion) }
}

interface CopySpec {
  readonly logicalName: string
  readonly spec: ImageSpec & { readonly source: Input<string> }
  readonly tags: Record<string, string>
  readonly from: Output<string>
  readonly kmsKeyId: string | undefined
  readonly region?: string
}

function copyTo({ logicalName, spec, tags, from, kmsKeyId, region }: CopySpec, options: CustomResourceOptions): AmiCopy {
  const { family, expires } = spec.context
  const { family: of, version } = spec.tags
  const { deprecateAfterDays: days } = optionsOf(family)
  return new AmiCopy(
    logicalName,
    {
      name: parseImageName(spec.name),
      description: `${of} ${version}, built and tested by Bakehouse`,
      sourceAmiId: spec.source,
      sourceAmiRegion: from,
      encrypted: true,
      ...defined({
        kmsKeyId: expires === '' ? undefined : keyInput(kmsKeyId, region),
        region,
        deprecationTime: deprecationTime(expires, days),
      }),
      tags,
    },
    // A copy never changes: its source is deleted with the temporary resources, an alias may name another key later, it does not expire
    // any more when it is complete, and `reap` does not know when the build expired.
    { ...options, ignoreChanges: ['deprecationTime', 'kmsKeyId', 'sourceAmiId', 'tags'], customTimeouts: { create: '5h' } },
  )
}

/** Computed from when the build expires; EC2 rounds to the minute. Undefined without days, and if that time is not known. */
export function deprecationTime(from: string, days: number | undefined): string | undefined {
  if (from === '' || days === undefined) return undefined
  const time = new Date(Date.parse(from) + days * 24 * 60 * 60 * 1000)
  return `${time.toISOString().slice(0, 16)}:00Z`
}

function share(
  logicalName: string,
  image: AmiCopy,
  region: string | undefined,
  { context }: ImageSpec,
  options: CustomResourceOptions,
): AmiLaunchPermission[] {
  const { accounts, organizations } = optionsOf(context.family).share
  const place = { imageId: image.id, ...defined({ region }) }
  return [
    ...accounts.map((accountId) => new AmiLaunchPermission(`${logicalName}-share-${accountId}`, { ...place, accountId }, options)),
    ...organizations.map((arn) => {
      const target = arn.includes(':ou/') ? { organizationalUnitArn: arn } : { organizationArn: arn }
      return new AmiLaunchPermission(`${logicalName}-share-${arn.split('/').at(-1)}`, { ...place, ...target }, options)
    }),
  ]
}
