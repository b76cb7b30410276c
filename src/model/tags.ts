/** The tags of every created resource. They are set at its creation, so that `reap` can find it. */
export interface Tags {
  readonly tool: 'bakehouse'
  readonly family: string
  readonly version: string
  /** Unique for each build, also if two builds have the same version. */
  readonly build: string
  readonly stage: 'base' | 'candidate' | 'trial' | 'promoted'
  /** ISO 8601, UTC. Empty if the resource never expires, such as a promoted image. */
  readonly expires: string
}
