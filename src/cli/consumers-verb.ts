import { findConsumers, prepareTools } from '../bakehouse.ts'
import { print, printJson, renderColumns } from '../core/output.ts'
import type { Consumer } from '../model/consumer.ts'

interface ConsumersArguments {
  readonly family: string
  readonly json: boolean
}

/** Prints the consumers of a family, the version that each one uses, and whether it is outdated. Returns the exit code. */
export async function runConsumers({ family, json }: ConsumersArguments): Promise<number> {
  await prepareTools([])
  const { latest, consumers } = await findConsumers(family)
  if (json) printJson({ family, latest, consumers })
  else for (const line of renderConsumers(consumers, family, latest)) print(line)
  return 0
}

/** One line per consumer, the outdated ones first. */
export function renderConsumers(consumers: readonly (Consumer & { lags: boolean })[], family: string, latest: string): string[] {
  if (consumers.length === 0) return [`No group, launch template or instance uses ${family}; its latest good version is ${latest}`]
  const ordered = consumers.toSorted((one, other) => Number(other.lags) - Number(one.lags))
  return renderColumns(
    ordered.map(({ kind, id, version, detail, lags }) => [version, lags ? `outdated, latest is ${latest}` : 'current', kind, id, detail]),
  )
}
