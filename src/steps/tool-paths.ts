import { MissingError } from '../core/errors.ts'
import { findCommand } from '../setup/find-command.ts'
import { readTools } from '../setup/tools.ts'

/** The Python environment with Ansible in it: `BAKEHOUSE_VENV`, or what set-up put in place. */
export function findVenv(): string {
  return process.env.BAKEHOUSE_VENV ?? readTools().venv
}

/** The static goss binary for guests: `BAKEHOUSE_GOSS`, or what set-up put in place. */
export function findGoss(): string {
  return process.env.BAKEHOUSE_GOSS ?? readTools().goss
}

/** `cinc-auditor` or `inspec` of the PATH. Throws MissingError with what to install. */
export function findInspec(): string {
  const found = findCommand('cinc-auditor') ?? findCommand('inspec')
  if (found) return found
  throw new MissingError('a suite is for InSpec, but neither inspec nor cinc-auditor is on the PATH', {
    hint: 'install Cinc Auditor (free, https://cinc.sh/start/auditor/) or Chef InSpec (with a licence key)',
  })
}
