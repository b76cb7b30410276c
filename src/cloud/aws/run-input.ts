import type { BlockDeviceMapping, Image, ResourceType, RunInstancesCommandInput, TagSpecification } from '@aws-sdk/client-ec2'
import { defined } from '../../core/defined.ts'
import type { StartingMachine } from '../progress.ts'
import type { Place } from './places.ts'
import type { Volume } from './volumes.ts'

/** A machine to start, as JSON for the command that starts it. */
export interface LaunchRequest extends StartingMachine {
  readonly image: string
  /** At least one. They are tried in this order. */
  readonly places: readonly Place[]
  readonly keyName: string
  readonly groupId: string
  readonly instanceProfile?: string
  /** Whether the machine asks for a public address in a subnet that assigns none by itself. */
  readonly wantsAddress: boolean
  /** The ARN of the key that encrypts the volumes. */
  readonly kmsKeyId?: string
  /** `size` in GiB is used if it is larger than the image. */
  readonly root: Volume & { readonly size?: number }
  readonly disks: readonly (Volume & { readonly device: string; readonly size: number })[]
  readonly tags: Readonly<Record<string, string>>
  readonly spot: boolean
  /** ISO 8601: after this time, EC2 does not start the instance of a spot request again. */
  readonly expires: string
}

/** The call that starts a machine in a place. Everything that it creates gets the tags in this call, because organizations can demand that. */
export function runInput(
  request: LaunchRequest,
  place: Place,
  { image, userData }: { readonly image: Image; readonly userData: string },
): RunInstancesCommandInput {
  const { stage, keyName, instanceProfile, spot } = request
  return {
    ImageId: request.image,
    InstanceType: place.instanceType as NonNullable<RunInstancesCommandInput['InstanceType']>,
    MinCount: 1,
    MaxCount: 1,
    KeyName: keyName,
    // The base machine is stopped, because an image is made from it. A trial terminates when it powers off, also by its timer.
    InstanceInitiatedShutdownBehavior: stage === 'base' ? 'stop' : 'terminate',
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: volumesOf(request, image),
    TagSpecifications: tagsOf(request),
    UserData: Buffer.from(userData).toString('base64'),
    ...networkOf(request, place),
    ...defined({
      IamInstanceProfile: instanceProfile === undefined ? undefined : { Name: instanceProfile },
      InstanceMarketOptions: spot ? spotOptions(request) : undefined,
    }),
  }
}

/** A public address can be asked for only with the network interface. */
function networkOf({ groupId, wantsAddress }: LaunchRequest, { subnetId, zone }: Place): Partial<RunInstancesCommandInput> {
  const Placement = zone === undefined ? undefined : { AvailabilityZone: zone }
  if (!wantsAddress) return { SecurityGroupIds: [groupId], ...defined({ SubnetId: subnetId, Placement }) }
  const own = { DeviceIndex: 0, AssociatePublicIpAddress: true, DeleteOnTermination: true, Groups: [groupId] }
  return { NetworkInterfaces: [{ ...own, ...defined({ SubnetId: subnetId }) }], ...defined({ Placement }) }
}

/** Size, type and further volumes of the base machine become those of the image, so a trial has no settings. */
function volumesOf({ root, disks, kmsKeyId }: LaunchRequest, image: Image): BlockDeviceMapping[] {
  const { size = 0, ...rest } = root
  const common = { Encrypted: true, DeleteOnTermination: true, ...defined({ KmsKeyId: kmsKeyId }) }
  const name = image.RootDeviceName ?? '/dev/sda1'
  const given = image.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === name)?.Ebs?.VolumeSize ?? 0
  const grown = size > given ? size : undefined
  return [
    { DeviceName: name, Ebs: { ...common, ...ebsOf(rest), ...defined({ VolumeSize: grown }) } },
    ...disks.map(({ device, size: gib, ...volume }) => ({
      DeviceName: device,
      Ebs: { ...common, ...ebsOf({ type: 'gp3', ...volume }), VolumeSize: gib },
    })),
  ]
}

function ebsOf({ type, iops, throughput }: Volume) {
  return defined({ VolumeType: type, Iops: iops, Throughput: throughput })
}

function tagsOf({ tags, spot }: LaunchRequest): TagSpecification[] {
  const kinds: ResourceType[] = ['instance', 'volume', 'network-interface', ...(spot ? (['spot-instances-request'] as const) : [])]
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  return kinds.map((ResourceType) => ({ ResourceType, Tags }))
}

/** EC2 can stop the instance of a persistent request only, and the base machine must stop. */
function spotOptions({ stage, expires }: LaunchRequest): RunInstancesCommandInput['InstanceMarketOptions'] {
  if (stage === 'trial') return { MarketType: 'spot', SpotOptions: { SpotInstanceType: 'one-time' } }
  const ValidUntil = new Date(expires)
  return { MarketType: 'spot', SpotOptions: { SpotInstanceType: 'persistent', InstanceInterruptionBehavior: 'stop', ValidUntil } }
}
