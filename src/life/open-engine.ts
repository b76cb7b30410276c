import { findPlugins, findProviderConfig } from '../cloud/clouds.ts'
import { type Engine, openEngine } from '../engine/engine.ts'

/** Opens the engine with the plugins of all clouds. Throws MissingError if set-up has not run. */
export async function openProjectEngine(backend?: string): Promise<Engine> {
  return openEngine({ backend, plugins: await findPlugins(), config: await findProviderConfig() })
}
