import { findVariable } from '../../core/environment.ts'
import { readTools } from '../../core/tools.ts'

/** The folder of the Python environment with Ansible: `BAKEHOUSE_VENV`, or the one from set-up. */
export function findVenv(): string {
  return findVariable('BAKEHOUSE_VENV') ?? readTools().venv
}
