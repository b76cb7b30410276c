/** An Aho–Corasick automaton, which searches many patterns in one pass. Each array has one element per state; state 0 is the start. */
export interface Automaton {
  readonly next: readonly Map<number, number>[]
  readonly fail: readonly number[]
  /** Number of characters of a pattern that are matched in a state. */
  readonly depth: readonly number[]
  /** Length of the longest pattern that ends in a state; 0 if none ends there. */
  readonly longest: readonly number[]
}

/** The automaton of these patterns. Empty patterns are ignored. */
export function buildAutomaton(patterns: readonly string[]): Automaton {
  const next: Map<number, number>[] = [new Map()]
  const depth = [0]
  const longest = [0]
  for (const pattern of patterns) {
    let state = 0
    for (let at = 0; at < pattern.length; at++) {
      const code = pattern.charCodeAt(at)
      let target = next[state]?.get(code)
      if (target === undefined) {
        target = next.push(new Map()) - 1
        depth.push(at + 1)
        longest.push(0)
        next[state]?.set(code, target)
      }
      state = target
    }
    longest[state] = pattern.length
  }
  const automaton = { next, depth, longest, fail: new Array<number>(next.length).fill(0) }
  linkFailures(automaton)
  return automaton
}

/** The state after one more UTF-16 code unit. Amortised constant time. */
export function step(automaton: Automaton, from: number, code: number): number {
  let state = from
  for (;;) {
    const target = automaton.next[state]?.get(code)
    if (target !== undefined) return target
    if (state === 0) return 0
    state = automaton.fail[state] ?? 0
  }
}

/** Computes the failure links, breadth first: from a state to that of its longest proper suffix that is the beginning of a pattern. */
function linkFailures(automaton: Automaton & { fail: number[]; longest: number[] }): void {
  const queue = [...(automaton.next[0]?.values() ?? [])]
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at] ?? 0
    for (const [code, target] of automaton.next[state] ?? []) {
      const fallback = step(automaton, automaton.fail[state] ?? 0, code)
      automaton.fail[target] = fallback
      automaton.longest[target] = Math.max(automaton.longest[target] ?? 0, automaton.longest[fallback] ?? 0)
      queue.push(target)
    }
  }
}
