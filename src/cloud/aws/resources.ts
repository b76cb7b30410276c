import { AmiFromInstance } from '@pulumi/aws/ec2/amiFromInstance.js'
import { Instance } from '@pulumi/aws/ec2/instance.js'
import { KeyPair } from '@pulumi/aws/ec2/keyPair.js'
import { SecurityGroup } from '@pulumi/aws/ec2/securityGroup.js'
import { local } from '@pulumi/command'
import { all, type CustomResourceOptions, type Input, type Output, output, runtime, secret } from '@pulumi/pulumi'
import { defined } from '../../core/defined.ts'
import { parseDuration } from '../../core/duration.ts'
import type { Family } from '../../model/family.ts'
import type { Host } from '../../model/host.ts'
import type { Tags } from '../../model/tags.ts'
import type { CloudResources, InstanceResource, InstanceSpec } from '../cloud.ts'
import { findRegion } from './clients.ts'
import { promotedCopy } from './copy-resources.ts'
import { optionsOf } from './family-options.ts'
import { familyTags } from './family-tags.ts'
import { keyInput } from './key-input.ts'
import { findSubnet } from './network.ts'
import { publishParameters } from './publish-resources.ts'
import { findIngress, portOf, routeOf } from './route.ts'
import { runner } from './runner.ts'
import { parseImageName } from './tags.ts'
import { type FirstBoot, prepareFirstBoot } from './user-data.ts'
import { findRootSize, volumeInputs } from './volumes.ts'

/** The resources on EC2, from `@pulumi/aws`. Commands (`run.ts`) do what the provider has no resources for. */
export const awsResources: CloudResources = {
  instance(name, spec, options) {
    const machine = makeMachine(name, spec, options)
    const { family } = spec.context
    const firstBoot = output(machine.firstBoot)
    const request = all([machine.instance.id, machine.instance.publicIp, machine.instance.privateIp, firstBoot, findRegion()]).apply(
      ([instanceId, publicIp, privateIp, { pinned }, region]) => {
        const route = routeOf(optionsOf(family).reach, { instanceId, publicIp, privateIp, region })
        const host: Host = { instanceId, ...route, ...loginOf(spec), ...pinned }
        return JSON.stringify({ host, deadlineMs: parseDuration(family.login.timeout) })
      },
    )
    // The command has the name of the phase, because the phase ends when login works, not when EC2 reports "running".
    const login = new local.Command(name, runner({ verb: 'login', name, context: spec.context, request }), {
      ...options,
      customTimeouts: { create: '12h' },
    })
    const host = login.stdout.apply((text) => JSON.parse(text) as Host)
    return { resource: login, instanceId: machine.instance.id, host } satisfies InstanceResource
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

/** A key pair, a security group and an instance; all are deleted together. */
function makeMachine(
  name: string,
  spec: InstanceSpec,
  options: CustomResourceOptions,
): { instance: Instance; firstBoot: Output<FirstBoot> } {
  const { family, version, build, expires } = spec.context
  const { instanceType, subnetId, instanceProfile } = optionsOf(family)
  const of: Tags = { tool: 'bakehouse', family: family.name, version, build, stage: spec.stage, expires }
  const tags = familyTags(family, of, `${family.name}-${version}-${name}`)
  // In a preview, no key is created and the public address is not looked up.
  const firstBoot: Output<FirstBoot> = runtime.isDryRun() ? output({ userData: '', pinned: {} }) : output(prepareFirstBoot(name, spec))
  const keyName = `bakehouse-${build}-${name}`
  // EC2 accepts no ECDSA key, which is the second one. It comes with the user data.
  const [publicKey = ''] = spec.publicKey.split('\n')
  const key = new KeyPair(around(name, 'key'), { keyName, publicKey, tags }, options)
  const group = new SecurityGroup(around(name, 'network'), groupArguments(name, spec, tags), options)
  const instance = new Instance(
    around(name, 'machine'),
    {
      ami: spec.image,
      instanceType,
      keyName: key.keyName,
      vpcSecurityGroupIds: [group.id],
      ...defined({ subnetId, iamInstanceProfile: instanceProfile, associatePublicIpAddress: wantsAddress(family) }),
      // The base machine is stopped, because an image is made from it. A trial terminates when it powers off, also by its timer.
      instanceInitiatedShutdownBehavior: spec.stage === 'base' ? 'stop' : 'terminate',
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      ...volumesOf(spec),
      userData: secret(firstBoot.apply(({ userData }) => userData)),
      tags,
      volumeTags: tags,
    },
    options,
  )
  return { instance, firstBoot }
}

/** The volumes of a machine. Size, type and further volumes of the base machine become those of the image, so a trial needs no settings. */
function volumesOf({ context: { family }, stage, image }: InstanceSpec) {
  const { kmsKeyId, volume = {}, disks = [] } = optionsOf(family)
  const common = { encrypted: true, deleteOnTermination: true, ...defined({ kmsKeyId: keyInput(kmsKeyId) }) }
  if (stage === 'trial') return { rootBlockDevice: common }
  const size = runtime.isDryRun() ? undefined : output(image).apply((id) => findRootSize(id, family.machine.disk))
  const further = disks.map((disk) => ({
    ...common,
    deviceName: disk.device,
    volumeSize: disk.size,
    ...volumeInputs({ type: 'gp3', ...disk }),
  }))
  return {
    rootBlockDevice: { ...common, ...volumeInputs(volume), ...defined({ volumeSize: size }) },
    ...defined({ ebsBlockDevices: further.length > 0 ? further : undefined }),
  }
}

/** In a subnet of the default VPC, a machine gets a public address in any case. */
function wantsAddress(family: Family): true | undefined {
  const { reach, subnetId } = optionsOf(family)
  return reach === 'ssh' && subnetId !== undefined ? true : undefined
}

function groupArguments(name: string, { context: { family, build } }: InstanceSpec, tags: Record<string, string>) {
  const port = portOf(family)
  const open = (cidr: string | undefined) =>
    cidr === undefined ? [] : [{ protocol: 'tcp', fromPort: port, toPort: port, cidrBlocks: [cidr], description: 'the build' }]
  const { reach, subnetId } = optionsOf(family)
  const ingress: Input<ReturnType<typeof open>> = runtime.isDryRun() ? [] : findIngress(reach).then(open)
  return {
    name: `bakehouse-${build}-${name}`,
    description: `A machine of a build of ${family.name}`,
    ingress,
    egress: [{ protocol: '-1', fromPort: 0, toPort: 0, cidrBlocks: ['0.0.0.0/0'] }],
    ...defined({ vpcId: subnetId && findSubnet(subnetId).then(({ VpcId }) => VpcId) }),
    tags,
  }
}

function loginOf(spec: InstanceSpec): Pick<Host, 'transport' | 'port' | 'user' | 'identityFile' | 'knownHostsFile'> {
  const { family } = spec.context
  const { identityFile, knownHostsFile } = spec
  return { transport: family.login.transport, port: portOf(family), user: family.login.user, identityFile, knownHostsFile }
}

function describe({ family, version, stage }: Tags): string {
  return `${stage} ${family} ${version}, built by Bakehouse`
}

/** `trial-2` and `machine` make `trial-machine-2`, so that the name does not end like that of a phase. */
export function around(name: string, what: string): string {
  const [stage, ...rest] = name.split('-')
  return [stage, what, ...rest].join('-')
}
