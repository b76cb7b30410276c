import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readBuild } from '../bakehouse.ts'
import { print, printJson, renderColumns } from '../core/output.ts'
import { renderRecord } from '../report/render-record.ts'
import { prepareState } from './prepare-state.ts'

interface ShowArguments {
  readonly family: string
  readonly version?: string
  readonly json: boolean
}

/** Prints one build; the newest one if no version is given. Returns the exit code. */
export async function runShow({ family, version, json }: ShowArguments): Promise<number> {
  await prepareState()
  const { record, folder } = await readBuild(family, version)
  if (json) printJson({ ...record, folder })
  else print([...renderRecord(record), ...renderFiles(folder)])
  return 0
}

function renderFiles(folder: string): string[] {
  const files = ['report.html', 'record.json', 'logs', 'diagnostics'].map((name) => join(folder, name)).filter((path) => existsSync(path))
  return ['', 'Files', ...renderColumns(files.map((path) => [`  ${path}`]))]
}
