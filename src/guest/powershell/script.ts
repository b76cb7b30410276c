import { readFileSync } from 'node:fs'
import { quotePowerShell } from '../../core/quote.ts'

/** A script with variables set in lines before it. */
export function renderScript(file: string, known: Readonly<Record<string, string | number>>): string {
  const assignments = Object.entries(known).map(
    ([name, value]) => `$${name} = ${typeof value === 'number' ? value : quotePowerShell(value)}`,
  )
  return [...assignments, readFileSync(file, 'utf8')].join('\n')
}
