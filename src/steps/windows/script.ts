import { readFileSync } from 'node:fs'

/** A literal of PowerShell: nothing in it is expanded. */
export function quotePowerShell(text: string): string {
  return `'${text.replace(/['‘’‚‛]/g, '$&$&')}'`
}

/** A script with what it must know put before it, as variables. */
export function renderScript(file: string, known: Readonly<Record<string, string | number>>): string {
  const assignments = Object.entries(known).map(
    ([name, value]) => `$${name} = ${typeof value === 'number' ? value : quotePowerShell(value)}`,
  )
  return [...assignments, readFileSync(file, 'utf8')].join('\n')
}
