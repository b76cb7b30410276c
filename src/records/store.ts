import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { stateCommandLine } from '../core/program.ts'
import { writeAside } from '../core/write-file.ts'
import { type BuildRecord, parseRecord } from '../model/record.ts'

/** The file name of a record in its build folder. */
const recordFile = 'record.json'

/** Writes the record of a build: to another file, then renamed, so that a reader sees the old record or the new one. Returns its path. */
export async function writeRecord(buildFolder: string, record: BuildRecord): Promise<string> {
  const path = join(buildFolder, recordFile)
  await writeAside(path, `${JSON.stringify(record, undefined, 2)}\n`)
  return path
}

/** Reads the record of a build. Throws UsageError if there is none or if it is damaged. */
export function readRecord(buildFolder: string): BuildRecord {
  const path = join(buildFolder, recordFile)
  return parseRecord(readText(path), path)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`Expected a build record in ${path}, got none`, {
      cause,
      hint: `list the builds: ${stateCommandLine('history')}`,
    })
  }
}
