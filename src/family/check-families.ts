import { defined } from '../core/defined.ts'
import { BakehouseError, messageOf } from '../core/errors.ts'
import type { Family } from '../model/family.ts'
import type { Finding } from '../model/finding.ts'
import { listFamilies } from './read-family.ts'
import { requireSecrets } from './require-secrets.ts'

/**
 * Reads each family of this project. A finding contains a summary of the family, or the problems of its file. A missing secret is only a
 * warning, because it may be set in another shell.
 */
export async function checkFamilies(): Promise<Finding[]> {
  const families = await listFamilies()
  return families.map(({ name, family, error }) => ({
    name: `family ${name}`,
    ...(family ? checkFamily(family) : toFinding('missing', error)),
  }))
}

type Checked = Omit<Finding, 'name'>

function checkFamily(family: Family): Checked {
  try {
    requireSecrets(family)
  } catch (error) {
    return toFinding('warning', error)
  }
  return { status: 'ok', detail: `${family.os}, ${family.cloud}, ${count(family.verify.suites.length, 'suite')}` }
}

function toFinding(status: Finding['status'], error: unknown): Checked {
  const hint = error instanceof BakehouseError ? error.hint : undefined
  return { status, detail: messageOf(error), ...defined({ hint: hint || undefined }) }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
