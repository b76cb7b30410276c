import { readFileSync } from 'node:fs'
import { quotePowerShell } from '../../core/quote.ts'

/** A script with variables set in lines before it. */
export function renderScript(file: string, known: Readonly<Record<string, unknown>> = {}): string {
  return renderScripts([file], known)
}

/** Several files as one script, with variables set in lines before it. */
export function renderScripts(files: readonly string[], known: Readonly<Record<string, unknown>> = {}): string {
  const assignments = Object.entries(known).map(([name, value]) => `$${name} = ${renderValue(value)}`)
  return [...assignments, ...files.map((file) => readFileSync(file, 'utf8'))].join('\n')
}

/** A value of JSON or YAML as an expression of PowerShell. Nothing in it is expanded. */
export function renderValue(value: unknown): string {
  if (value === null || value === undefined) return '$null'
  if (typeof value === 'boolean') return value ? '$true' : '$false'
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return renderArray(value)
  if (typeof value === 'object') {
    return `@{${Object.entries(value)
      .map(([name, each]) => `${quotePowerShell(name)} = ${renderValue(each)}`)
      .join('; ')}}`
  }
  return quotePowerShell(String(value))
}

/** `@(…)` expands a single array in it. */
function renderArray(values: readonly unknown[]): string {
  const items = values.map(renderValue).join(', ')
  return values.length === 1 && Array.isArray(values[0]) ? `@(,${items})` : `@(${items})`
}
