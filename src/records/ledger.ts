import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { shorten } from '../core/shorten.ts'
import type { BuildRecord } from '../model/record.ts'
import type { SuiteResult } from '../model/suite-result.ts'

/*
 * The records of all builds of a family in one text, for the attachment of the family stack. Records of a family resemble each other, so
 * they are compressed together: about 200 bytes remain of each.
 */

/** Maximum number of characters of a message in the state. The artifacts have it whole. */
const longest = 2_000

const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 } }

/** Parses the text of a ledger, newest record first. A family without a ledger has no records. */
export function parseLedger(text: string | undefined): BuildRecord[] {
  if (!text) return []
  const lines = brotliDecompressSync(Buffer.from(text, 'base64')).toString().split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as BuildRecord)
}

/** The text of a ledger. */
export function renderLedger(records: readonly BuildRecord[]): string {
  return brotliCompressSync(records.map((record) => `${JSON.stringify(record)}\n`).join(''), quality).toString('base64')
}

/**
 * The records with a new one, or with a newer state of one. Only one build of a family runs at a time. So other records that say `running`
 * are of builds that were interrupted.
 */
export function addRecord(records: readonly BuildRecord[], record: BuildRecord): BuildRecord[] {
  const others = records.filter(({ build }) => build !== record.build)
  return [slim(record), ...others.map((each) => (each.status === 'running' ? { ...each, status: 'interrupted' as const } : each))]
}

/** The record without its largest parts: tasks, and the details of test cases that passed. */
function slim({ tasks: _tasks, ...record }: BuildRecord): BuildRecord {
  return { ...record, tasks: [], suites: record.suites.map(slimSuite) }
}

function slimSuite(suite: SuiteResult): SuiteResult {
  return {
    ...suite,
    cases: suite.cases.map(({ name, title, status, message }) =>
      status === 'passed'
        ? { name, status, durationMs: 0 }
        : { name, ...(title ? { title } : {}), status, durationMs: 0, ...(message ? { message: shorten(message, longest) } : {}) },
    ),
  }
}
