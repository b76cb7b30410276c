import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeImagesCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2'
import { BuildFailed } from '../../core/errors.ts'
import { ask, askOfNew, clients } from './clients.ts'
import { isNotFound } from './errors.ts'

export interface WaitOptions {
  readonly deadlineMs: number
  readonly signal?: AbortSignal
  /** Between two looks. */
  readonly pauseMs?: number
  readonly region?: string
}

/** Hours: making an image of a large disk takes that long, and giving up on a good one means to start over. */
export const imageDeadlineMs = 4 * 60 * 60 * 1000

/**
 * Waits until an image can be used. The SDK's own waiter tries again whatever the error is; this one fails at the first
 * refusal, and names the id when it gives up, so that the image can be looked at.
 */
export async function waitForImage(id: string, options: WaitOptions): Promise<void> {
  await poll(`image ${id}`, options, async () => {
    const { Images } = await askOfNew('to look at images', () =>
      clients.ec2(options.region).send(new DescribeImagesCommand({ ImageIds: [id] })),
    )
    const image = Images?.[0]
    if (image && ['failed', 'error', 'invalid', 'deregistered'].includes(image.State ?? '')) {
      throw new BuildFailed(`image ${id} is ${image.State}: ${image.StateReason?.Message ?? 'no reason given'}`)
    }
    return image?.State === 'available'
  })
}

/** Waits until an instance is gone for good. */
export async function waitForTerminated(id: string, options: WaitOptions): Promise<void> {
  await poll(`the end of instance ${id}`, options, async () => {
    try {
      const { Reservations } = await ask('to look at instances', () =>
        clients.ec2(options.region).send(new DescribeInstancesCommand({ InstanceIds: [id] })),
      )
      return Reservations?.[0]?.Instances?.[0]?.State?.Name === 'terminated'
    } catch (error) {
      if (isNotFound(error)) return true
      throw error
    }
  })
}

async function poll(what: string, options: WaitOptions, isDone: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + options.deadlineMs
  while (!(await isDone())) {
    options.signal?.throwIfAborted()
    if (Date.now() > end) throw new BuildFailed(`waited for ${what} for ${Math.round(options.deadlineMs / 60_000)} min in vain`)
    await sleep(options.pauseMs ?? 5_000, undefined, options.signal ? { signal: options.signal } : {})
  }
}
