import { join } from 'node:path'
import { Group } from '@pulumi/aws/autoscaling/group.js'
import { LaunchTemplate } from '@pulumi/aws/ec2/launchTemplate.js'
import { local } from '@pulumi/command'
import { all, interpolate, type Output, output } from '@pulumi/pulumi'
import { imageIn, latestGood } from '../../src/pulumi.ts'

/** What a group is to be. */
export interface AsgSpec {
  readonly family: string
  readonly region: string
  readonly subnetIds: readonly string[]
  readonly instanceType: string
  readonly minSize: number
  readonly maxSize: number
  /** Load balancers' target groups: with them, an instance counts as healthy when they say so. */
  readonly targetGroupArns: readonly string[]
  /** CloudWatch alarms that stop an upgrade, and take it back, when any of them goes off. */
  readonly alarms: readonly string[]
  /** Percentages of replaced instances at which an upgrade pauses; the last one is 100. */
  readonly checkpoints: readonly number[]
  readonly checkpointDelaySeconds: number
  readonly warmupSeconds: number
  /** An image of the family to use instead of the latest good one: how to go back. */
  readonly imageId?: string
}

/**
 * A group of instances from the latest good image of a family. The image is written into the launch template by its id, and
 * the group names the template's version by its number: only then can Auto Scaling go back by itself (`resolve:ssm` and
 * `$Latest` switch that off). The group's own template is not touched by this program after its creation; an instance
 * refresh moves it, once all instances are replaced and healthy.
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

/** The image that the instances start from. */
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
