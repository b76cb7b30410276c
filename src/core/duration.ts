const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Converts a duration such as `90s`, `30m` or `2h` to ms. The schema has validated its form. */
export function parseDuration(text: string): number {
  const unit = units[text.at(-1) ?? '']
  const count = Number(text.slice(0, -1))
  if (unit === undefined || !Number.isInteger(count)) throw new Error(`Expected a duration such as 90s, 30m or 2h, got "${text}"`)
  return count * unit
}
/** A duration in ms as text: `40 ms`, `0.4 s`, `12.3 s`, `1 m 04 s`, `2 h 03 m`. */
export function renderDuration(ms: number): string {
  if (ms < 95) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} m`
}

/** An ISO 8601 time as text, in UTC: `2026-11-23 13:04`. */
export function renderTime(iso: string | undefined): string {
  return iso ? iso.slice(0, 16).replace('T', ' ') : '–'
}

function pad(count: number): string {
  return String(count).padStart(2, '0')
}

/** `8 s`, `1 min 5 s`. */
export function renderElapsed(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
