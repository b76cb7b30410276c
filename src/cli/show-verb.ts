import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readBuild, readLogs } from '../bakehouse.ts'
import { passOn, print, printJson, renderColumns, say } from '../core/output.ts'
import type { BuildRecord } from '../model/record.ts'
import { renderRecord } from '../report/render-record.ts'
import { prepareState } from './prepare-state.ts'

interface ShowArguments {
  readonly family: string
  readonly version?: string
  readonly log: boolean
  readonly json: boolean
}

/** Prints one build, or its logs; the newest one if no version is given. Returns the exit code. */
export async function runShow({ family, version, log, json }: ShowArguments): Promise<number> {
  await prepareState()
  if (log) return showLogs({ family, version, json })
  const { record, folder } = await readBuild(family, version)
  if (json) printJson({ ...record, folder })
  else print([...renderRecord(record), ...renderFiles(record, folder)])
  return 0
}

async function showLogs({
  family,
  version,
  json,
}: Pick<ShowArguments, 'family' | 'json'> & { version: string | undefined }): Promise<number> {
  const logs = await readLogs(family, version)
  if (json) printJson(logs)
  else if (logs.length === 0) say('This build has no logs: it ended before its first step')
  for (const { name, text } of json ? [] : logs) {
    print(`==> ${name} <==`)
    passOn(process.stdout, text)
  }
  return 0
}

function renderFiles({ artifacts }: BuildRecord, folder: string): string[] {
  const files = ['report.html', 'record.json', 'logs', 'diagnostics'].map((name) => join(folder, name)).filter((path) => existsSync(path))
  const rows = [
    ...files.map((path) => [`  ${path}`]),
    ...(artifacts ? [[`  ${artifacts.at}`, artifacts.problem === undefined ? '' : `files are missing: ${artifacts.problem}`]] : []),
  ]
  return ['', 'Files', ...(rows.length > 0 ? renderColumns(rows) : ['  only on the computer that built it'])]
}
