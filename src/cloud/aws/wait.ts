import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeImagesCommand, DescribeInstancesCommand, type Instance } from '@aws-sdk/client-ec2'
import { defined } from '../../core/defined.ts'
import { RejectedError } from '../../core/errors.ts'
import { ask, clients, retryUntilFound } from './clients.ts'
import { isNotFound } from './errors.ts'

/** Options of a wait. */
export interface WaitOptions {
  readonly deadlineMs: number
  readonly signal?: AbortSignal
  /** Time between two polls. */
  readonly pauseMs?: number
  readonly region?: string
}

/** Hours: creating an image of a large disk can take that long, and a time-out would mean to start again. */
export const imageDeadlineMs = 4 * 60 * 60 * 1000

/**
 * Waits until an image is available. The waiter of the SDK retries on every error. This one fails immediately if AWS refuses, and
 * its error contains the image ID.
 */
export async function waitForImage(id: string, options: WaitOptions): Promise<void> {
  await poll(`image ${id}`, options, async () => {
    const { Images } = await retryUntilFound('to read images', () =>
      clients.ec2(options.region).send(new DescribeImagesCommand({ ImageIds: [id] })),
    )
    const image = Images?.[0]
    if (image && ['failed', 'error', 'invalid', 'deregistered'].includes(image.State ?? '')) {
      throw new RejectedError(`image ${id} is ${image.State}: ${image.StateReason?.Message ?? 'no reason given'}`)
    }
    return image?.State === 'available'
  })
}

/**
 * Waits until a new instance runs. Throws RejectedError with the code of EC2 if EC2 ends it before, because it does that with some instances
 * that it has accepted: without capacity, or if the key of a volume cannot be used.
 */
export async function waitForRunning(id: string, options: WaitOptions): Promise<Instance> {
  return poll(`instance ${id} to run`, options, async () => {
    const query = new DescribeInstancesCommand({ InstanceIds: [id] })
    const { Reservations } = await retryUntilFound('to read instances', () => clients.ec2(options.region).send(query))
    const instance = Reservations?.[0]?.Instances?.[0]
    const state = instance?.State?.Name
    if (state === 'shutting-down' || state === 'terminated') throw explainEnd(id, instance)
    return state === 'running' && instance
  })
}

function explainEnd(id: string, instance: Instance | undefined): Error {
  const { Code = 'no reason', Message = '' } = instance?.StateReason ?? {}
  return Object.assign(new RejectedError(`EC2 ended the instance ${id} before it ran (${Code}): ${Message}`), {
    code: Code.replace(/^(Server|Client)\./, ''),
  })
}

/** Waits until an instance is terminated. */
export async function waitForTerminated(id: string, options: WaitOptions): Promise<void> {
  await poll(`instance ${id} to be terminated`, options, async () => {
    try {
      const { Reservations } = await ask('to read instances', () =>
        clients.ec2(options.region).send(new DescribeInstancesCommand({ InstanceIds: [id] })),
      )
      return Reservations?.[0]?.Instances?.[0]?.State?.Name === 'terminated'
    } catch (error) {
      if (isNotFound(error)) return true
      throw error
    }
  })
}

/** Calls `find` until it finds something, and returns that. */
async function poll<T>(what: string, options: WaitOptions, find: () => Promise<T | false | undefined>): Promise<T> {
  const end = Date.now() + options.deadlineMs
  for (;;) {
    const found = await find()
    if (found) return found
    options.signal?.throwIfAborted()
    if (Date.now() > end)
      throw new RejectedError(`timed out after ${Math.round(options.deadlineMs / 60_000)} min waiting for ${what}`, {
        hint: 'check it in the EC2 console, and build again; reap deletes what is left',
      })
    await sleep(options.pauseMs ?? 5_000, undefined, defined({ signal: options.signal }))
  }
}
