import { findVariable } from '../../core/environment.ts'
import { readTools } from '../../core/tools.ts'

/** The Python environment with Ansible in it: `BAKEHOUSE_VENV`, or what set-up put in place. */
export function findVenv(): string {
  return findVariable('BAKEHOUSE_VENV') ?? readTools().venv
}
