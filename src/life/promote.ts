import { setTimeout as sleep } from 'node:timers/promises'
import { type PublishOptions, publishDelayMs } from '../cloud/cloud.ts'
import { defined } from '../core/defined.ts'
import { messageOf, RejectedError } from '../core/errors.ts'
import type { Engine } from '../engine/engine.ts'
import type { OpenStack, UpdateOptions } from '../engine/stack.ts'
import type { StackState } from '../engine/state.ts'
import { publishProgram } from '../graph/publish.ts'
import type { Family } from '../model/family.ts'
import { type LatestGood, parseLatestGood } from '../model/outputs.ts'
import { requireNewer } from '../model/version.ts'

/** Options of `promote`. */
export interface Promotion {
  /** The state of the family stack, if the caller has read it already. */
  readonly state?: StackState
  /** The records of the builds of the family, for the attachment of its stack. Default: those that are there. */
  readonly records?: string
  readonly signal: AbortSignal
  /** The sections of the clouds in the family file. */
  readonly sections?: Family['sections']
  /** How long the names of the previous image are watched after a failure, in ms. */
  readonly holdMs?: number
  /** Events of the engine. */
  readonly onEvent?: NonNullable<UpdateOptions['onEvent']>
  readonly onWait?: NonNullable<UpdateOptions['onWait']>
}

/**
 * Makes an image the latest good image of its family: one update of the family stack. It is separate from the build, because Pulumi
 * writes the outputs of a failed update too. Throws UsageError if the family has the same or a newer version.
 */
export async function promote(engine: Engine, image: LatestGood, options: Promotion): Promise<void> {
  const state = options.state ?? (await engine.findState(image.family))
  const previous = state?.outputs ?? {}
  const { version: current } = previous
  if (typeof current === 'string') requireNewer(image.family, image.version, current)
  const stack = (state ? undefined : await engine.createStack(image.family)) ?? (await engine.knownStack(image.family))
  try {
    await stack.up(() => publishProgram({ image, records: options.records ?? state?.attachment }, { sections: options.sections }), {
      message: promotionMessage(image),
      signal: options.signal,
      ...defined({ onEvent: options.onEvent, onWait: options.onWait }),
    })
  } catch (error) {
    const { sections, holdMs = publishDelayMs } = options
    throw await restorePrevious(stack, { image, previous, records: state?.attachment, error, publishing: { sections, holdMs } })
  }
}

/** A promotion that failed. */
interface Failed {
  readonly image: LatestGood
  /** The outputs and the attachment of the family stack before it. */
  readonly previous: Readonly<Record<string, unknown>>
  readonly records: string | undefined
  readonly error: unknown
  readonly publishing: PublishOptions & { readonly holdMs: number }
}

/** Attempts to publish the previous image again. */
const restoreAttempts = 3

/**
 * Publishes the previous image again after a failed promotion. That promotion may have published the new image under some of its names
 * (for example in some regions), or may still publish it: a cloud can accept a name first and change it later. The new image will be
 * removed. While the cloud checks the new image, it can refuse to change the name, so that is tried again, the last time after `holdMs`.
 * Returns the error to report.
 */
async function restorePrevious(stack: OpenStack, failed: Failed): Promise<unknown> {
  const { image, error, publishing } = failed
  if ((await stack.read()).resources.length === 0) return error
  for (let attempt = 1; ; attempt++) {
    let isRefused = false
    try {
      await publishPrevious(stack, failed, (event) => {
        isRefused ||= event.type === 'resource' && event.status === 'failed'
      })
      return error
    } catch (cause) {
      if (isRefused && attempt < restoreAttempts) {
        await sleep(publishing.holdMs / (restoreAttempts - 1))
        continue
      }
      const names = `${image.family} ${image.version} could not be published, and the previous image could not be restored everywhere`
      return new RejectedError(`${names}: ${messageOf(error)}`, { hint: 'build again, or publish the image by hand', cause })
    }
  }
}

async function publishPrevious(
  stack: OpenStack,
  { image, previous, records, publishing }: Failed,
  onEvent: NonNullable<UpdateOptions['onEvent']>,
): Promise<void> {
  const before = previous.imageId === undefined ? undefined : parseLatestGood(previous)
  await stack.up(() => publishProgram({ image: before, records }, publishing), {
    message: `restore the previous image: the promotion of ${image.family} ${image.version} failed`,
    signal: AbortSignal.timeout(10 * 60_000),
    onEvent,
  })
}

/** The message of the update, one line. It is the audit log of the family. */
function promotionMessage(image: LatestGood): string {
  const passed = image.verified.reduce((sum, suite) => sum + suite.passed, 0)
  const was = image.previousVersion ? `; was ${image.previousVersion}` : ''
  return `promote ${image.family} ${image.version}: ${passed} cases in ${image.verified.length} suites passed; build ${image.buildStack}${was}`
}
