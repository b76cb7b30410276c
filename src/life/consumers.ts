import { chooseCloud } from '../cloud/clouds.ts'
import { UsageError } from '../core/errors.ts'
import { stateCommandLine } from '../core/program.ts'
import type { Engine } from '../engine/engine.ts'
import type { Consumer } from '../model/consumer.ts'
import { compareVersions } from '../model/version.ts'
import { findLatestGood } from './latest-good.ts'

/** The consumers of a family, and whether each one is outdated. Throws UsageError if there is no image or the cloud cannot list them. */
export async function findConsumers(
  engine: Engine,
  family: string,
): Promise<{ latest: string; consumers: (Consumer & { lags: boolean })[] }> {
  const latest = await findLatestGood(engine, family)
  if (!latest) throw new UsageError(`${family} has no latest good image yet`, { hint: `build it: ${stateCommandLine('--family', family)}` })
  const cloud = await chooseCloud(latest.cloud)
  if (!cloud.consumers) {
    throw new UsageError(`${family} is built on the cloud ${cloud.name}, which does not record the users of an image`, {
      hint: 'consumers works for families on aws only',
    })
  }
  const consumers = await cloud.consumers(family)
  return { latest: latest.version, consumers: consumers.map((consumer) => ({ ...consumer, lags: isOutdated(consumer, latest.version) })) }
}

/** Whether a consumer uses an older version than `latest`. A consumer whose version is unknown counts as outdated. */
export function isOutdated({ version }: Consumer, latest: string): boolean {
  return version === '' || compareVersions(version, latest) < 0
}
