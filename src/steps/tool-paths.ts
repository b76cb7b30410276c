import { readTools } from '../setup/tools.ts'

/** The Python environment with Ansible in it: `BAKEHOUSE_VENV`, or what set-up put in place. */
export function findVenv(): string {
  return process.env.BAKEHOUSE_VENV ?? readTools().venv
}

/** The static goss binary for guests: `BAKEHOUSE_GOSS`, or what set-up put in place. */
export function findGoss(): string {
  return process.env.BAKEHOUSE_GOSS ?? readTools().goss
}
