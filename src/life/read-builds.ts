import { findBackend, isPrivate } from '../core/backend-url.ts'
import type { History } from '../model/record.ts'
import { familiesToRead, readAllHistory } from '../records/all-history.ts'
import { openProjectEngine } from './open-engine.ts'

/** All builds of these families, from this computer and from the state. `only`: a family; others are not listed. */
export async function readBuilds(
  families: readonly string[],
  { backend, only }: { readonly backend: string | undefined; readonly only: string | undefined },
): Promise<History> {
  const read = familiesToRead({ isShared: !isPrivate(findBackend(backend)) }, families)
  // The engine may not be installed yet. Without a family to read, it is not needed.
  return readAllHistory(read.length > 0 ? await openProjectEngine(backend) : undefined, read, only)
}
