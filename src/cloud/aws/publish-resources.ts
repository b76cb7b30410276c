import { Parameter } from '@pulumi/aws/ssm/parameter.js'
import { all, type Output, runtime } from '@pulumi/pulumi'
import type { PublishedImage } from '../../model/image.ts'
import type { PublishOptions } from '../cloud.ts'
import { parameterName } from './base-image.ts'
import { projectTags } from './family-tags.ts'
import type { AwsOptions } from './options.ts'
import { holdParameter, waitForParameter } from './publish.ts'

/** The name of the resource of the parameter in a region. */
export function parameterResource(region: string): string {
  return `latest-${region}`
}

/** The SSM parameter of the family in every region that has the image. Launch templates and CloudFormation can read it. */
export function publishParameters(family: string, image: PublishedImage, { sections = {}, holdMs }: PublishOptions): Output<unknown> {
  const { tags: own } = (sections.aws ?? {}) as Partial<AwsOptions>
  const name = parameterName(family)
  const written = Object.entries(image.imagesByRegion).map(([region, value]) => {
    const parameter = new Parameter(parameterResource(region), {
      name,
      region,
      type: 'String',
      dataType: 'aws:ec2:image',
      // `requireFreeNames` has checked that no other state manages it. An interrupted promotion can have left it.
      overwrite: true,
      value,
      description: `The latest good image of ${family}: ${image.version}`,
      tags: { ...projectTags(), ...own, 'bakehouse:tool': 'bakehouse', 'bakehouse:family': family },
    })
    return all([parameter.id, parameter.version]).apply(async () => {
      if (!runtime.isDryRun()) await (holdMs === undefined ? waitForParameter : holdParameter)(name, value, { region, holdMs })
      return value
    })
  })
  return all(written)
}
