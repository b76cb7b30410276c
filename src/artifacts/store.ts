/** The artifacts of one build. */
export interface ArtifactStore {
  /** Writes a file. `name`: its path, with slashes. */
  put(name: string, content: Uint8Array, signal: AbortSignal): Promise<void>
  /** Reads a file; undefined if it does not exist. */
  find(name: string, signal: AbortSignal): Promise<Buffer | undefined>
}
