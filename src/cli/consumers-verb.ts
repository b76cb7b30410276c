import { openEngine } from '../bakehouse.ts'
import { chooseCloud } from '../cloud/clouds.ts'
import { UsageError } from '../core/errors.ts'
import { lags } from '../life/consumers.ts'
import { findLatestGood } from '../life/latest-good.ts'
import type { Consumer } from '../model/consumer.ts'
import { print, printJson, renderColumns } from './output.ts'

interface ConsumersArguments {
  readonly family: string
  readonly backend?: string
  readonly json: boolean
}

/** Says who uses which version of a family, and who lags behind its latest good one. */
export async function runConsumers({ family, backend, json }: ConsumersArguments): Promise<number> {
  const latest = await findLatestGood(await openEngine(backend), family)
  if (!latest) throw new UsageError(`${family} has no latest good image yet`, { hint: `npm run bake -- --family ${family}` })
  const cloud = await chooseCloud(latest.cloud)
  if (!cloud.consumers) throw new UsageError(`The cloud ${cloud.name} does not know who uses an image`)
  const consumers = (await cloud.consumers(family)).map((consumer) => ({ ...consumer, lags: lags(consumer, latest.version) }))
  if (json) printJson({ family, latest: latest.version, consumers })
  else for (const line of renderConsumers(consumers, family, latest.version)) print(line)
  return 0
}

/** The consumers, a line each, those that lag first. */
export function renderConsumers(consumers: readonly (Consumer & { lags: boolean })[], family: string, latest: string): string[] {
  if (consumers.length === 0) return [`Nobody uses ${family}; its latest good version is ${latest}`]
  const ordered = consumers.toSorted((one, other) => Number(other.lags) - Number(one.lags))
  return renderColumns(
    ordered.map(({ kind, id, version, detail, lags }) => [version, lags ? `behind ${latest}` : 'current', kind, id, detail]),
  )
}
