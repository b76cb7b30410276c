import { findBackend, isPrivate } from '../core/backend-url.ts'
import type { Engine } from '../engine/engine.ts'
import type { History } from '../model/record.ts'
import { familiesToRead, readAllHistory } from '../records/all-history.ts'

/** All builds of these families, from this computer and from the state. `only`: a family; others are not listed. */
export async function readBuilds(
  families: readonly string[],
  { backend, only }: { readonly backend: string | undefined; readonly only: string | undefined },
): Promise<History> {
  const url = findBackend(backend)
  const isShared = !isPrivate(url)
  let engine: Promise<Engine> | undefined
  const open = (): Promise<Engine> => {
    // Loading the engine takes half a second, and it may not be installed yet.
    engine ??= import('./open-engine.ts').then(({ openProjectEngine }) => openProjectEngine(backend))
    return engine
  }
  return readAllHistory({ backend: url, isShared, families: familiesToRead({ isShared }, families), open }, only)
}
