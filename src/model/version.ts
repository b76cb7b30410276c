import { UsageError } from '../core/errors.ts'

const pattern = /^(\d{4})\.(\d{2})\.(\d{2})(?:-([1-9]\d*))?$/

/**
 * The version of a build on that day (UTC): `2026.11.23`, then `2026.11.23-2`. It is the first one that is free and newer than the latest
 * good version.
 */
export function nextVersion(day: Date, taken: ReadonlySet<string>, latest = ''): string {
  const date = day.toISOString().slice(0, 10).replaceAll('-', '.')
  const least = latest.startsWith(date) ? Number(pattern.exec(latest)?.[4] ?? 1) : 0
  for (let count = least + 1; ; count++) {
    const version = count === 1 ? date : `${date}-${count}`
    if (!taken.has(version)) return version
  }
}

/** Parses a version of the user: a valid date, and optionally a count of at least 2. Throws UsageError. */
export function parseVersion(text: string): string {
  const [, year, month, day, count] = pattern.exec(text) ?? []
  const date = `${year}-${month}-${day}`
  if (!year || Number.isNaN(Date.parse(date)) || new Date(date).toISOString().slice(0, 10) !== date || count === '1') {
    throw new UsageError(`Expected a version such as 2026.11.23 or 2026.11.23-2, got "${text}"`, {
      hint: 'use YYYY.MM.DD, or YYYY.MM.DD-n for the nth build of a day',
    })
  }
  return text
}

/** Throws UsageError if a version of a family is not newer than its latest good version. */
export function requireNewer(family: string, version: string, latest: string): void {
  if (compareVersions(version, latest) > 0) return
  throw new UsageError(`${family} ${version} is not newer than the latest good version, ${latest}`, {
    hint: `omit --image-version, or use a version after ${latest}`,
  })
}

/** Orders versions by day, then by count. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [sortKey(left), sortKey(right)]
  return a < b ? -1 : a > b ? 1 : 0
}

function sortKey(version: string): string {
  const [day, count = '1'] = version.split('-')
  return `${day}-${count.padStart(9, '0')}`
}
