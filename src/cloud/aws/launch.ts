import { DescribeImagesCommand, type Image, type Instance, RunInstancesCommand } from '@aws-sdk/client-ec2'
import { MissingError, messageOf } from '../../core/errors.ts'
import { say } from '../../core/output.ts'
import { clients, findRegion, retryUntilFound } from './clients.ts'
import { deleteCreated } from './delete.ts'
import { codeOf, lacksCapacity } from './errors.ts'
import { renderPlace } from './places.ts'
import { type LaunchRequest, runInput } from './run-input.ts'
import { type WaitOptions, waitForRunning } from './wait.ts'

/** A machine that runs. */
export interface Launched {
  readonly instanceId: string
  readonly publicIp: string
  readonly privateIp: string
  /** Instance type and zone, and whether it is a spot instance, for the record. */
  readonly kind: string
}

/**
 * Starts a machine in the first place that has capacity, and waits until it runs. `tell` gets a sentence for each place that has none.
 * Throws MissingError if no place has capacity. A machine that does not run in the end is terminated.
 */
export async function launch(
  request: LaunchRequest,
  { userData, tell }: { readonly userData: string; readonly tell: (text: string) => void },
  wait: WaitOptions = { deadlineMs: 15 * 60_000, pauseMs: 2_000 },
): Promise<Launched> {
  const image = await findImage(request.image)
  const full: string[] = []
  for (const [index, place] of request.places.entries()) {
    try {
      return await start(runInput(request, place, { image, userData }), wait)
    } catch (error) {
      if (!lacksCapacity(error)) throw error
      full.push(`${renderPlace(place)}: ${codeOf(error)}`)
      const next = request.places[index + 1]
      if (next) tell(`EC2 cannot start ${renderPlace(place)} now (${codeOf(error)}); next: ${renderPlace(next)}`)
    }
  }
  const also = request.spot ? ', build without aws.spot' : ''
  throw new MissingError(`EC2 has no capacity for the machine ${request.name}: ${full.join('; ')}`, {
    hint: `add types to aws.instanceType, add aws.zones or subnets in other zones${also}, or build later`,
  })
}

async function findImage(id: string): Promise<Image> {
  const query = new DescribeImagesCommand({ ImageIds: [id] })
  const { Images } = await retryUntilFound('to read the image', () => clients.ec2().send(query))
  return Images?.[0] ?? {}
}

async function start(input: ReturnType<typeof runInput>, wait: WaitOptions): Promise<Launched> {
  const { Instances } = await retryUntilFound('to start a machine', () => clients.ec2().send(new RunInstancesCommand(input)))
  const id = Instances?.[0]?.InstanceId ?? ''
  try {
    return describe(await waitForRunning(id, wait))
  } catch (error) {
    await deleteCreated({ kind: 'instance', id }, await findRegion()).catch((failed: unknown) =>
      say(`instance ${id} could not be terminated: ${messageOf(failed)}`),
    )
    throw error
  }
}

function describe({ InstanceId = '', PublicIpAddress = '', PrivateIpAddress = '', ...rest }: Instance): Launched {
  const spot = rest.InstanceLifecycle === 'spot' ? ', spot' : ''
  const kind = `${rest.InstanceType} in ${rest.Placement?.AvailabilityZone}${spot}`
  return { instanceId: InstanceId, publicIp: PublicIpAddress, privateIp: PrivateIpAddress, kind }
}
