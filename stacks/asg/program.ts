import { join } from 'node:path'
import { Group } from '@pulumi/aws/autoscaling/group.js'
import { LaunchTemplate } from '@pulumi/aws/ec2/launchTemplate.js'
import { local } from '@pulumi/command'
import { all, interpolate, type Output, output } from '@pulumi/pulumi'
import { imageIn, latestGood } from '../../src/pulumi.ts'

/** Settings of a group. */
export interface AsgSpec {
  readonly family: string
  readonly region: string
  readonly subnetIds: readonly string[]
  readonly instanceType: string
  readonly minSize: number
  readonly maxSize: number
  /** Target groups of load balancers. If set, their health checks decide whether an instance is healthy. */
  readonly targetGroupArns: readonly string[]
  /** CloudWatch alarms. If one goes off, the upgrade stops and is rolled back. */
  readonly alarms: readonly string[]
  /** Percentages of replaced instances at which an upgrade pauses; the last one is 100. */
  readonly checkpoints: readonly number[]
  readonly checkpointDelaySeconds: number
  readonly warmupSeconds: number
  /** An image to use instead of the latest good one, for a rollback. */
  readonly imageId?: string
}

/**
 * An Auto Scaling group from the latest good image of a family. The launch template contains the image ID, and the group refers to the
 * template version by number: otherwise (`resolve:ssm`, `$Latest`) Auto Scaling could not roll back by itself. After the creation of the
 * group, this program does not change its template version. An instance refresh does, when all instances are replaced and healthy.
 */
export function asgProgram(spec: AsgSpec): () => Promise<Record<string, unknown>> {
  return async () => {
    const name = `bakehouse-${spec.family}`
    const image = chooseImage(spec)
    const tags = { 'bakehouse:family': spec.family }
    const template = new LaunchTemplate('template', {
      name,
      imageId: image.id,
      description: interpolate`${spec.family} ${image.version}`,
      instanceType: spec.instanceType,
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      tags,
    })
    const version = template.latestVersion.apply(String)
    const group = new Group(
      'group',
      {
        name,
        minSize: spec.minSize,
        maxSize: spec.maxSize,
        vpcZoneIdentifiers: [...spec.subnetIds],
        targetGroupArns: [...spec.targetGroupArns],
        healthCheckType: spec.targetGroupArns.length > 0 ? 'ELB' : 'EC2',
        healthCheckGracePeriod: spec.warmupSeconds,
        launchTemplate: { id: template.id, version },
        tags: [{ key: 'bakehouse:family', value: spec.family, propagateAtLaunch: true }],
      },
      { ignoreChanges: ['launchTemplate'] },
    )
    const request = all([group.name, template.id, version]).apply(([groupName, templateId, number]) =>
      JSON.stringify({ groupName, templateId, version: number, ...preferences(spec) }),
    )
    const upgrade = new local.Command(
      'upgrade',
      { create: commandLine(), environment: { BAKEHOUSE_REFRESH: request } },
      { customTimeouts: { create: '12h', update: '12h' } },
    )
    return { groupName: group.name, templateVersion: version, imageId: image.id, version: image.version, upgrade: upgrade.stdout }
  }
}

/** The image of the instances. */
function chooseImage({ family, region, imageId }: AsgSpec): Output<{ id: string; version: string }> {
  if (imageId !== undefined) return output({ id: imageId, version: `(${imageId})` })
  return latestGood(family).apply((image) => ({ id: imageIn(image, region), version: image.version }))
}

function preferences({ alarms, checkpoints, checkpointDelaySeconds, warmupSeconds }: AsgSpec) {
  return { alarms, checkpoints, checkpointDelaySeconds, warmupSeconds }
}

function commandLine(): string {
  return [process.execPath, join(import.meta.dirname, 'refresh.ts')].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
}
