/** A duration in ms as people say it: `40 ms`, `0.4 s`, `12.3 s`, `1 m 04 s`, `2 h 03 m`. */
export function renderDuration(ms: number): string {
  if (ms < 95) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} m`
}

/** An ISO 8601 time as people read it, in UTC: `2026-11-23 13:04`. */
export function renderTime(iso: string | undefined): string {
  return iso ? iso.slice(0, 16).replace('T', ' ') : '–'
}

function pad(count: number): string {
  return String(count).padStart(2, '0')
}
