import { findVariable, setVariable } from '../../../core/environment.ts'
import type { Finding } from '../../../model/finding.ts'
import { type Acceleration, findAcceleration } from './accelerator.ts'

/**
 * What runs the guests here. The processes that this one starts take it over by `BAKEHOUSE_ACCELERATOR`: one bake probes once, and all
 * of it uses the same accelerator.
 */
export async function describeHost(): Promise<Finding> {
  const acceleration = await findAcceleration()
  if (!findVariable('BAKEHOUSE_ACCELERATOR')) setVariable('BAKEHOUSE_ACCELERATOR', acceleration.accelerator)
  return renderAcceleration(acceleration)
}

/** An accelerator in words, with the reason and the remedy where a faster one is not used. */
export function renderAcceleration({ accelerator, why, hint }: Acceleration): Finding {
  const name = accelerator === 'tcg' ? 'tcg: machines are emulated, which is several times slower' : accelerator
  const detail = why === undefined ? name : `${name} (${why})`
  if (accelerator !== 'tcg') return { name: 'accelerator', status: 'ok', detail }
  return { name: 'accelerator', status: 'warning', detail, ...(hint === undefined ? {} : { hint }) }
}
