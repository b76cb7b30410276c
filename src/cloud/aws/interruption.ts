import { DescribeInstancesCommand, type Instance } from '@aws-sdk/client-ec2'
import { MissingError } from '../../core/errors.ts'
import { ask, clients } from './clients.ts'
import { parseTags, tagFilters } from './tags.ts'

/** The codes with which EC2 stops or ends a spot instance. */
const spotCodes = ['Server.SpotInstanceShutdown', 'Server.SpotInstanceTermination']

/** The error for a spot instance of a build that EC2 has interrupted; undefined if there is none. */
export async function findInterruption(build: string): Promise<MissingError | undefined> {
  const query = new DescribeInstancesCommand({ Filters: tagFilters({ build }) })
  const { Reservations = [] } = await ask('to read instances', () => clients.ec2().send(query))
  const interrupted = Reservations.flatMap(({ Instances = [] }) => Instances).find(isInterrupted)
  if (!interrupted) return undefined
  const { InstanceId, InstanceType, StateReason, Tags } = interrupted
  return new MissingError(
    `EC2 needed the capacity of the spot instance ${InstanceId} (${parseTags(Tags)?.stage}, ${InstanceType}) and has interrupted it (${StateReason?.Code})`,
    { hint: 'build again; or set aws.spot: false, or name other types in aws.instanceType, in family.yaml' },
  )
}

function isInterrupted({ StateReason }: Instance): boolean {
  return spotCodes.includes(StateReason?.Code ?? '')
}
