import { KeyPair } from '@pulumi/aws/ec2/keyPair.js'
import { SecurityGroup } from '@pulumi/aws/ec2/securityGroup.js'
import { local } from '@pulumi/command'
import { all, type CustomResourceOptions, type Input, type Output, output, runtime, secret, unsecret } from '@pulumi/pulumi'
import { defined } from '../../core/defined.ts'
import type { Family } from '../../model/family.ts'
import type { Tags } from '../../model/tags.ts'
import type { InstanceSpec } from '../cloud.ts'
import { around } from './around.ts'
import { optionsOf } from './family-options.ts'
import { familyTags } from './family-tags.ts'
import { keyInput } from './key-input.ts'
import type { Launched } from './launch.ts'
import { findSubnet } from './network.ts'
import { placesOf, subnetsOf } from './places.ts'
import { findIngress, portOf } from './route.ts'
import type { LaunchRequest } from './run-input.ts'
import { runner } from './runner.ts'
import { type FirstBoot, prepareFirstBoot } from './user-data.ts'

/** A machine in the Pulumi program. */
interface Machine {
  readonly launched: Output<Launched>
  readonly firstBoot: Output<FirstBoot>
}

/**
 * A key pair, a security group and an instance; all are deleted together. A command starts the instance, because the provider can neither
 * go on to another instance type or zone, nor tag the network interface in the call that creates it.
 */
export function makeMachine(name: string, spec: InstanceSpec, options: CustomResourceOptions): Machine {
  const { family, version, build, expires } = spec.context
  const of: Tags = { tool: 'bakehouse', family: family.name, version, build, stage: spec.stage, expires }
  const tags = familyTags(family, of, `${family.name}-${version}-${name}`)
  // In a preview, no key is created and the public address is not looked up.
  const firstBoot: Output<FirstBoot> = runtime.isDryRun() ? output({ userData: '', pinned: {} }) : output(prepareFirstBoot(name, spec))
  const keyName = `bakehouse-${build}-${name}`
  // EC2 accepts no ECDSA key, which is the second one. It comes with the user data.
  const [publicKey = ''] = spec.publicKey.split('\n')
  const key = new KeyPair(around(name, 'key'), { keyName, publicKey, tags }, options)
  const group = new SecurityGroup(around(name, 'network'), groupArguments(name, spec, tags), options)
  const request = all([spec.image, key.keyName, group.id, keyInput(optionsOf(family).kmsKeyId)]).apply(([image, pair, groupId, kmsKeyId]) =>
    JSON.stringify({ ...launchOf(name, spec), image, keyName: pair, groupId, tags, ...defined({ kmsKeyId }) } satisfies LaunchRequest),
  )
  const logicalName = around(name, 'machine')
  const machine = new local.Command(
    logicalName,
    {
      ...runner({ verb: 'launch', name: logicalName, context: spec.context, request, undo: 'terminate' }),
      // It contains the host key of the machine.
      stdin: secret(firstBoot.apply(({ userData }) => userData)),
    },
    { ...options, customTimeouts: { create: '1h', delete: '30m' } },
  )
  // Some versions of the plugin make every output secret if an input is.
  return { launched: unsecret(machine.stdout).apply((text) => JSON.parse(text) as Launched), firstBoot }
}

type KnownLater = 'image' | 'keyName' | 'groupId' | 'tags' | 'kmsKeyId'

/** What is known of a machine before anything is created. Further volumes of the base machine are part of the image, so a trial has none. */
function launchOf(name: string, { context: { family, buildFolder, expires }, stage }: InstanceSpec): Omit<LaunchRequest, KnownLater> {
  const options = optionsOf(family)
  const { volume = {}, disks = [], instanceProfile, spot } = options
  const volumes = stage === 'base' ? { root: { ...volume, size: family.machine.disk }, disks } : { root: {}, disks: [] }
  return {
    ...{ name, stage, buildFolder, expires, places: placesOf(options), wantsAddress: wantsAddress(family) },
    ...volumes,
    spot: spot === 'all' || (spot === true && stage === 'base'),
    ...defined({ instanceProfile }),
  }
}

/** Without a subnet, EC2 gives the machine a public address: the preflight has checked it. */
function wantsAddress(family: Family): boolean {
  const options = optionsOf(family)
  return options.reach === 'ssh' && subnetsOf(options).length > 0
}

function groupArguments(name: string, { context: { family, build } }: InstanceSpec, tags: Record<string, string>) {
  const port = portOf(family)
  const open = (cidr: string | undefined) =>
    cidr === undefined ? [] : [{ protocol: 'tcp', fromPort: port, toPort: port, cidrBlocks: [cidr], description: 'the build' }]
  const options = optionsOf(family)
  const ingress: Input<ReturnType<typeof open>> = runtime.isDryRun() ? [] : findIngress(options.reach).then(open)
  // The subnets of a family are in one VPC.
  const [subnetId] = subnetsOf(options)
  return {
    name: `bakehouse-${build}-${name}`,
    description: `A machine of a build of ${family.name}`,
    ingress,
    egress: [{ protocol: '-1', fromPort: 0, toPort: 0, cidrBlocks: ['0.0.0.0/0'] }],
    ...defined({ vpcId: subnetId && findSubnet(subnetId).then(({ VpcId }) => VpcId) }),
    tags,
  }
}
