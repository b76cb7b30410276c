import type { Finding } from '../model/finding.ts'
import { listFamilies } from './read-family.ts'

/** Reads each family of this project. The finding is a summary of the family, or the first problem of its file. */
export async function checkFamilies(): Promise<Finding[]> {
  const families = await listFamilies()
  return families.map(({ name, family, problem }) => ({
    name: `family ${name}`,
    status: problem === undefined ? 'ok' : 'missing',
    detail: problem ?? `${family?.os}, ${family?.cloud}, ${count(family?.verify.suites.length ?? 0, 'suite')}`,
  }))
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
