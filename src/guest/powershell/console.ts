import { join } from 'node:path'

/** The script with `Write-Console`, for scripts that must tell the build something while it cannot log in. */
export const consoleScript = join(import.meta.dirname, 'console.ps1')

/** The last line that a script of the build wrote to the console of its machine, without its mark; undefined if there is none. */
export function findConsoleMessage(text: string): string | undefined {
  return text
    .split(/\r?\n/)
    .map((line) => /bakehouse: (.*)$/.exec(line)?.[1]?.trim())
    .findLast(Boolean)
}
