/** The candidate that is most similar to a mistyped word; undefined if none is similar. */
export function findClosest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= limit || (word.length >= 3 && candidate.startsWith(word)))
    .sort((left, right) => left.distance - right.distance)
  return ranked[0]?.candidate
}

/** A hint for an error: `did you mean "…"?`, or undefined. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const closest = findClosest(word, candidates)
  return closest === undefined ? undefined : `did you mean "${closest}"?`
}

/** The edit distance of two words: insertions, deletions, replacements and swaps of neighbours. Infinite for words over 64 letters. */
function editDistance(left: string, right: string): number {
  if (left.length > 64 || right.length > 64) return Number.POSITIVE_INFINITY
  let [before, row]: [number[], number[]] = [[], Array.from({ length: right.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1]
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = row
    row = next
  }
  return row[right.length] ?? 0
}
