const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a family's duration such as `90s`, `30m` or `2h`; the schema has checked its form. */
export function parseDuration(text: string): number {
  const unit = units[text.at(-1) ?? '']
  const count = Number(text.slice(0, -1))
  if (unit === undefined || !Number.isInteger(count)) throw new Error(`Expected a duration such as 90s, 30m or 2h, got "${text}"`)
  return count * unit
}
