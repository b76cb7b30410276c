import type { Engine } from './engine/engine.ts'

/** Opens the engine with the state of the project, or with that of another backend. Throws MissingError when set-up has not run. */
export async function openEngine(backend?: string): Promise<Engine> {
  return (await import('./life/open-engine.ts')).openProjectEngine(backend)
}
