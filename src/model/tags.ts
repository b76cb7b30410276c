/** The nouns every layer shares. Plain data: each of them crosses a process boundary as JSON. */

/** What every created thing carries from its creation on, so that it can be found and removed by anybody. */
export interface Tags {
  readonly tool: 'bakehouse'
  readonly family: string
  readonly version: string
  /** Unique per attempt, so that two attempts at one version are told apart. */
  readonly build: string
  readonly stage: 'base' | 'candidate' | 'trial' | 'promoted'
  /** ISO 8601, UTC. Empty for what never expires: a promoted image. */
  readonly expires: string
}
