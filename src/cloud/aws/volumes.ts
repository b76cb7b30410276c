import { DescribeImagesCommand } from '@aws-sdk/client-ec2'
import { defined } from '../../core/defined.ts'
import { ask, clients } from './clients.ts'
import type { AwsOptions } from './options.ts'

/** Type and performance of a volume. */
export type Volume = NonNullable<AwsOptions['volume']>

/** The inputs of a volume of the provider. */
export function volumeInputs({ type, iops, throughput }: Volume) {
  return defined({ volumeType: type, iops, throughput })
}

/** The size of the root volume in GiB, if `machine.disk` is larger than the image. Undefined: as large as the image. */
export async function findRootSize(ImageId: string, wanted: number): Promise<number | undefined> {
  const { Images } = await ask('to read the base image', () => clients.ec2().send(new DescribeImagesCommand({ ImageIds: [ImageId] })))
  const { BlockDeviceMappings = [], RootDeviceName } = Images?.[0] ?? {}
  const size = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName)?.Ebs?.VolumeSize ?? wanted
  return wanted > size ? wanted : undefined
}
