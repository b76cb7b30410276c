import { AmiFromInstance } from '@pulumi/aws/ec2/amiFromInstance.js'
import { local } from '@pulumi/command'
import { all, output } from '@pulumi/pulumi'
import { parseDuration } from '../../core/duration.ts'
import type { Host } from '../../model/host.ts'
import type { Tags } from '../../model/tags.ts'
import type { CloudResources, InstanceResource, InstanceSpec } from '../cloud.ts'
import { around } from './around.ts'
import { findRegion } from './clients.ts'
import { promotedCopy } from './copy-resources.ts'
import { optionsOf } from './family-options.ts'
import { familyTags } from './family-tags.ts'
import type { LoginRequest } from './login.ts'
import { makeMachine } from './machine.ts'
import { publishParameters } from './publish-resources.ts'
import { portOf, routeOf } from './route.ts'
import { runner } from './runner.ts'
import { parseImageName } from './tags.ts'

/** The resources on EC2, from `@pulumi/aws`. Commands (`run.ts`) do what the provider has no resources for. */
export const awsResources: CloudResources = {
  instance(name, spec, options) {
    const { launched, firstBoot } = makeMachine(name, spec, options)
    const { family } = spec.context
    const request = all([launched, firstBoot, findRegion()]).apply(([{ instanceId, publicIp, privateIp }, { pinned }, region]) => {
      const route = routeOf(optionsOf(family).reach, { instanceId, publicIp, privateIp, region })
      const host: Host = { instanceId, ...route, ...loginOf(spec), ...pinned }
      const { buildFolder } = spec.context
      return JSON.stringify({
        ...{ host, deadlineMs: parseDuration(family.login.timeout) },
        ...{ buildFolder, stage: spec.stage, name },
      } satisfies LoginRequest)
    })
    // The command has the name of the phase, because the phase ends when login works, not when EC2 reports "running".
    const login = new local.Command(name, runner({ verb: 'login', name, context: spec.context, request }), {
      ...options,
      customTimeouts: { create: '12h' },
    })
    const host = login.stdout.apply((text) => JSON.parse(text) as Host)
    const instanceId = launched.apply((found) => found.instanceId)
    return { resource: login, instanceId, kind: launched.apply(({ kind }) => kind), host } satisfies InstanceResource
  },

  image(logicalName, { context, name, tags, instance }, options) {
    const written = familyTags(context.family, tags, name)
    const image = new AmiFromInstance(
      around(logicalName, 'image'),
      { name: parseImageName(name), sourceInstanceId: instance.instanceId, description: describe(tags), tags: written },
      { ...options, customTimeouts: { create: '4h' } },
    )
    const request = all([image.id, findRegion()]).apply(([imageId, region]) => JSON.stringify({ imageId, region, tags: written }))
    // The provider tags only the image. Without tags, `reap` could not find its snapshots after a kill.
    const tagged = new local.Command(logicalName, runner({ verb: 'tag', name: logicalName, context, request }), {
      ...options,
      customTimeouts: { create: '1h' },
    })
    const imageId = all([image.id, tagged.stdout]).apply(([id]) => id)
    const imagesByRegion = all([imageId, findRegion()]).apply(([id, region]) => ({ [region]: id }))
    return { resource: tagged, imageId, imageName: output(name), digest: imageId, imagesByRegion }
  },

  copy: promotedCopy,
  publish: publishParameters,
}

function loginOf(spec: InstanceSpec): Pick<Host, 'transport' | 'port' | 'user' | 'identityFile' | 'knownHostsFile'> {
  const { family } = spec.context
  const { identityFile, knownHostsFile } = spec
  return { transport: family.login.transport, port: portOf(family), user: family.login.user, identityFile, knownHostsFile }
}

function describe({ family, version, stage }: Tags): string {
  return `${stage} ${family} ${version}, built by Bakehouse`
}
