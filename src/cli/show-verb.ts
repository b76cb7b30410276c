import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { buildFolder } from '../core/paths.ts'
import { commandName } from '../core/program.ts'
import { didYouMean } from '../core/suggest.ts'
import { requireFamily } from '../family/names.ts'
import type { BuildRecord } from '../model/record.ts'
import { readCurrentHistory, readHistory } from '../records/history.ts'
import { readRecord } from '../records/store.ts'
import { renderRecord } from '../report/render-record.ts'
import { print, printJson, renderColumns } from './output.ts'

interface ShowArguments {
  readonly family: string
  readonly version?: string
  readonly json: boolean
}

/** Shows one build: the newest, unless a version is named. */
export async function runShow({ family, version, json }: ShowArguments): Promise<number> {
  const folder = buildFolder(family, version ?? (await newestVersion(family)))
  if (version !== undefined && !existsSync(folder)) await refuseVersion(family, version)
  const record = await markOne(readRecord(folder))
  if (json) printJson({ ...record, folder })
  else print([...renderRecord(record), ...renderFiles(folder)].join('\n'))
  return 0
}

async function markOne(record: BuildRecord): Promise<BuildRecord> {
  const { records } = await readCurrentHistory(record.family)
  return { ...record, status: records.find(({ build }) => build === record.build)?.status ?? record.status }
}

function renderFiles(folder: string): string[] {
  const files = ['report.html', 'record.json', 'logs', 'diagnostics'].map((name) => join(folder, name)).filter((path) => existsSync(path))
  return ['', 'Files', ...renderColumns(files.map((path) => [`  ${path}`]))]
}

async function newestVersion(family: string): Promise<string> {
  const { records, damaged } = await readHistory(family)
  const version = records[0]?.version ?? damaged[0]?.version
  if (version !== undefined) return version
  requireFamily(family)
  throw new UsageError(`${family} has not been baked yet`, { hint: `${commandName} --family ${family}` })
}

async function refuseVersion(family: string, version: string): Promise<never> {
  const { records } = await readHistory(family)
  if (records.length === 0) requireFamily(family)
  const versions = records.map((record) => record.version)
  throw new UsageError(`Expected a version of ${family} (${versions.slice(0, 5).join(', ') || 'there is none yet'}), got "${version}"`, {
    hint: didYouMean(version, versions) ?? `${commandName} history ${family}`,
  })
}
