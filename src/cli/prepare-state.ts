import { prepareTools } from '../bakehouse.ts'
import { findBackend, isPrivate } from '../core/backend-url.ts'

/** Installs the engine if the state is shared, because only the engine can read that. The builds in the private state are files. */
export async function prepareState(): Promise<void> {
  if (!isPrivate(findBackend())) await prepareTools([])
}
