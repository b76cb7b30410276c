import { defined } from '../../../core/defined.ts'
import { findVariable, setVariable } from '../../../core/environment.ts'
import type { Finding } from '../../../model/finding.ts'
import { type Acceleration, findAcceleration } from './accelerator.ts'

/**
 * The accelerator of this computer. It also sets `BAKEHOUSE_ACCELERATOR` for child processes, so that a build probes only once and all of
 * its machines use the same accelerator.
 */
export async function describeHost(): Promise<Finding> {
  const acceleration = await findAcceleration()
  if (!findVariable('BAKEHOUSE_ACCELERATOR')) setVariable('BAKEHOUSE_ACCELERATOR', acceleration.accelerator)
  return renderAcceleration(acceleration)
}

/** An accelerator as a finding, with the reason and a hint if a faster one cannot be used. */
export function renderAcceleration({ accelerator, why, hint }: Acceleration): Finding {
  const name = accelerator === 'tcg' ? 'tcg: machines are emulated, which is several times slower' : accelerator
  const detail = why === undefined ? name : `${name} (${why})`
  if (accelerator !== 'tcg') return { name: 'accelerator', status: 'ok', detail }
  return { name: 'accelerator', status: 'warning', detail, ...defined({ hint }) }
}
